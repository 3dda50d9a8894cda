//! `[scrape]`: where the pictures come from, which are wanted, and how the web is treated.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::check::rule;

/// `[scrape]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scrape {
    /// Licences that a picture from the web may have, such as `by-sa`; empty: any, known or not.
    pub licences: Vec<String>,
    /// A picture from the web with a side below this many pixels is refused.
    pub min_side: u32,
    /// A picture from the web with more pixels is refused undecoded.
    pub max_pixels: u64,
    /// A file from the web of more MiB is refused.
    pub max_file_mb: u64,
    /// Bits of the 256 of two pictures' hashes that may differ for one to be a near-duplicate of the other.
    pub near_duplicate_distance: u32,
    /// How the web is treated.
    pub web: Web,
    /// What to search for, by class, for every source that searches and states no classes of its own.
    pub classes: Queries,
    /// Where pictures come from, in the order in which they are taken.
    pub sources: Vec<Source>,
}

/// Searched words for each class.
pub type Queries = BTreeMap<String, Vec<String>>;

impl Default for Scrape {
    fn default() -> Self {
        Self {
            licences: vec![],
            min_side: 64,
            max_pixels: 40_000_000,
            max_file_mb: 20,
            near_duplicate_distance: 40,
            web: Web::default(),
            classes: Queries::new(),
            sources: vec![Source::Drawn { per_class: PER_CLASS }],
        }
    }
}

const PER_CLASS: usize = 120;

fn per_class() -> usize {
    PER_CLASS
}

/// `[scrape.web]`: how the web is treated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Web {
    /// An e-mail address or a page that tells who asks; part of the User-Agent, and required.
    pub contact: String,
    /// Requests a second to one host; 0 sets no limit.
    pub requests_per_second: f64,
    /// Requests to one host at a time.
    pub per_host: usize,
    /// Requests at a time in all.
    pub parallel: usize,
    /// Seconds that one request may take in all.
    pub timeout_s: f64,
    /// How often a request that failed for now is sent again.
    pub retries: u32,
    /// The longest wait in seconds that a host may ask for; one that asks for more is left for another run.
    pub longest_wait_s: f64,
    /// Requests of one run in all.
    pub max_requests: u64,
    /// MiB received in one run in all.
    pub max_total_mb: u64,
    /// Hosts that may be asked though their addresses are private or of this machine.
    pub allowed_hosts: Vec<String>,
}

impl Default for Web {
    fn default() -> Self {
        Self {
            contact: String::new(),
            requests_per_second: 2.0,
            per_host: 2,
            parallel: 8,
            timeout_s: 60.0,
            retries: 3,
            longest_wait_s: 120.0,
            max_requests: 20_000,
            max_total_mb: 10_000,
            allowed_hosts: vec![],
        }
    }
}

/// `[[scrape.sources]]`, told apart by `kind`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Source {
    /// Cats, dogs and flowers, drawn.
    Drawn {
        /// Pictures of each class.
        #[serde(default = "per_class")]
        per_class: usize,
    },
    /// A folder with one folder a class.
    Folder {
        /// Where it is, from the folder that the stage is started in.
        path: PathBuf,
    },
    /// A list of addresses.
    Urls(Urls),
    /// Wikimedia Commons, or another wiki with its API.
    Commons(Searched),
    /// Openverse.
    Openverse(Searched),
    /// Google's Programmable Searched.
    Google(Searched),
}

/// A list of addresses: CSV with a column `url`, or a text with one a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Urls {
    /// Where it is, from the folder that the stage is started in.
    pub path: PathBuf,
    /// The class of every row that names none itself.
    #[serde(default)]
    pub class: String,
    /// Pictures of each class; 0 takes all.
    #[serde(default)]
    pub per_class: usize,
}

/// A source that is searched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Searched {
    /// Pictures of each class.
    pub per_class: usize,
    /// Where the API is, when it is not at its usual address.
    pub api: String,
    /// The side in pixels that is asked for where the source makes smaller copies; 0: the original.
    pub width: u32,
    /// What to search for, by class; empty: as in `[scrape.classes]`.
    pub classes: Queries,
}

impl Default for Searched {
    fn default() -> Self {
        Self { per_class: PER_CLASS, api: String::new(), width: 960, classes: Queries::new() }
    }
}

impl Source {
    /// Whether its pictures come over the network.
    pub fn is_web(&self) -> bool {
        !matches!(self, Self::Drawn { .. } | Self::Folder { .. })
    }

    fn per_class(&self) -> Option<usize> {
        match self {
            Self::Drawn { per_class } => Some(*per_class),
            Self::Commons(search) | Self::Openverse(search) | Self::Google(search) => Some(search.per_class),
            Self::Folder { .. } | Self::Urls(_) => None,
        }
    }
}

/// Refuses values that cannot work.
pub(super) fn check(scrape: &Scrape) -> Result<()> {
    rule(!scrape.sources.is_empty(), "scrape.sources", "a list of at least one source")?;
    rule(scrape.min_side > 0, "scrape.min_side", "at least 1")?;
    rule(scrape.max_pixels > 0, "scrape.max_pixels", "at least 1")?;
    rule((1..=1000).contains(&scrape.max_file_mb), "scrape.max_file_mb", "from 1 to 1000")?;
    rule(scrape.near_duplicate_distance <= 96, "scrape.near_duplicate_distance", "from 0 to 96")?;
    check_queries(&scrape.classes, "scrape.classes")?;
    for (place, source) in scrape.sources.iter().enumerate() {
        let key = |name: &str| format!("scrape.sources.{place}.{name}");
        if let Some(per_class) = source.per_class() {
            rule((1..=100_000).contains(&per_class), &key("per_class"), "from 1 to 100000")?;
        }
        match source {
            Source::Commons(search) | Source::Openverse(search) | Source::Google(search) => {
                check_queries(&search.classes, &key("classes"))?;
                let some = !search.classes.is_empty() || !scrape.classes.is_empty();
                rule(some, &key("classes"), "search words for each class, here or in [scrape.classes]")?;
                let address = search.api.is_empty() || is_address(&search.api);
                rule(address, &key("api"), "an address that begins with http:// or https://")?;
                rule(search.width <= 10_000, &key("width"), "from 0 to 10000")?;
            }
            Source::Urls(Urls { class, .. }) => {
                rule(class.is_empty() || is_class(class), &key("class"), CLASS)?;
            }
            Source::Drawn { .. } | Source::Folder { .. } => {}
        }
    }
    check_web(&scrape.web, scrape.sources.iter().any(Source::is_web))
}

fn check_web(web: &Web, used: bool) -> Result<()> {
    let told = is_address(&web.contact)
        || web.contact.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    let printable = web.contact.bytes().all(|byte| (b' '..0x7f).contains(&byte) && !matches!(byte, b'(' | b')'));
    let wanted = "an e-mail address or the address of a page that tells who asks: hosts want to know whom to turn to";
    rule(printable && (told || !used), "scrape.web.contact", wanted)?;
    rule((0.0..=1e6).contains(&web.requests_per_second), "scrape.web.requests_per_second", "from 0 to 1000000")?;
    rule(web.retries <= 20, "scrape.web.retries", "from 0 to 20")?;
    rule((0.0..=86_400.0).contains(&web.longest_wait_s), "scrape.web.longest_wait_s", "from 0 to 86400")?;
    rule((1..=256).contains(&web.per_host), "scrape.web.per_host", "from 1 to 256")?;
    rule((1..=256).contains(&web.parallel), "scrape.web.parallel", "from 1 to 256")?;
    rule(web.timeout_s > 0.0 && web.timeout_s <= 3600.0, "scrape.web.timeout_s", "above 0, and at most 3600")?;
    rule(web.max_requests > 0, "scrape.web.max_requests", "at least 1")?;
    rule((1..=1 << 30).contains(&web.max_total_mb), "scrape.web.max_total_mb", "at least 1")
}

fn check_queries(queries: &Queries, key: &str) -> Result<()> {
    for (class, words) in queries {
        rule(is_class(class), &format!("{key}.{class}"), CLASS)?;
        let some = !words.is_empty() && words.iter().all(|word| !word.trim().is_empty());
        rule(some, &format!("{key}.{class}"), "a list of search words, such as [\"cat\", \"kitten\"]")?;
    }
    Ok(())
}

const CLASS: &str = "a name that a folder can have: no `/`, and no `.` in front";

/// Whether `class` can name a folder.
fn is_class(class: &str) -> bool {
    !class.is_empty() && class.len() <= 200 && !class.starts_with('.') && !class.contains(['/', '\\', '\0'])
}

fn is_address(text: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
}
