//! `[scrape]`.

use pipeline::config::Violation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

use super::rule::rule;
use super::source::{SearchWords, SourceConfig};

/// Where the images come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, deny_unknown_fields)]
pub struct Scrape {
    /// Licences that an image from the web may have, such as `["cc0", "pdm", "by", "by-sa"]`. `[]` allows any licence, also
    /// an unknown one.
    pub licences: Vec<String>,
    /// An image from the web whose shorter side has fewer pixels is rejected.
    #[default = 64]
    #[schemars(range(min = 1))]
    pub min_side: u32,
    /// An image from the web with more pixels is rejected before it is decoded.
    #[default = 40_000_000]
    #[schemars(range(min = 1))]
    pub max_pixels: u64,
    /// A larger file from the web is rejected. In MiB.
    #[default = 20]
    #[schemars(range(min = 1, max = 1000))]
    pub max_file_mb: u64,
    /// Two images are copies when at most this many of the 256 bits of their perceptual hashes differ.
    #[default = 40]
    #[schemars(range(max = 96))]
    pub near_duplicate_distance: u32,
    /// How `scrape` treats the web.
    pub web: Web,
    /// Search words for each class, such as `cat = ["cat", "category:Cats"]`, for every source that searches and has no
    /// classes of its own.
    pub classes: SearchWords,
    /// One or several sources of images, in the order in which they are used.
    #[default(_code = "vec![SourceConfig::default()]")]
    #[schemars(length(min = 1))]
    pub sources: Vec<SourceConfig>,
}

/// How `scrape` treats the web.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, deny_unknown_fields)]
pub struct Web {
    /// Your e-mail address, or a page about you. Every host receives it. Sources on the web require it.
    pub contact: String,
    /// Requests per second to one host. 0 sets no limit, for a host of your own.
    #[default = 2.0]
    #[schemars(range(min = 0.0, max = 1e6))]
    pub requests_per_second: f64,
    /// Simultaneous requests to one host.
    #[default = 2]
    #[schemars(range(min = 1, max = 256))]
    pub per_host: usize,
    /// Simultaneous requests in total.
    #[default = 8]
    #[schemars(range(min = 1, max = 256))]
    pub parallel: usize,
    /// Longest duration of one request, in seconds.
    #[default = 60.0]
    #[schemars(range(max = 3600.0), extend("exclusiveMinimum" = 0.0))]
    pub timeout_s: f64,
    /// Number of times that a request is repeated after a temporary failure.
    #[default = 3]
    #[schemars(range(max = 20))]
    pub retries: u32,
    /// Longest wait that a host may ask for, in seconds. A host that asks for more is left to a later run.
    #[default = 120.0]
    #[schemars(range(min = 0.0, max = 86_400.0))]
    pub longest_wait_s: f64,
    /// Requests of one run.
    #[default = 20_000]
    #[schemars(range(min = 1))]
    pub max_requests: u64,
    /// Data received in one run, in MiB.
    #[default = 10_000]
    #[schemars(range(min = 1, max = 1_073_741_824))]
    pub max_total_mb: u64,
    /// Hosts that may be contacted although their addresses are private or belong to this machine.
    pub allowed_hosts: Vec<String>,
    /// The proxy for all hosts except those in `allowed_hosts`: `""` for none, the URL of a proxy such as `http://host:3128`, or
    /// `"env"` for the environment variables `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`. The proxy looks up the names,
    /// so only it can keep requests out of private networks. Local names and private addresses in URLs are refused in any case.
    pub proxy: String,
}

const CLASS_NAME: &str = "a name that a folder can have: without `/`, and without `.` in front";

impl Scrape {
    pub(super) fn check(&self) -> Result<(), Violation> {
        check_words(&self.classes, "scrape.classes")?;
        for (index, source) in self.sources.iter().enumerate() {
            let key = |name: &str| format!("scrape.sources.{index}.{name}");
            if let Some(search) = source.search() {
                check_words(&search.classes, &key("classes"))?;
                let some = !search.classes.is_empty() || !self.classes.is_empty();
                rule(some, &key("classes"), "search words for each class, here or in [scrape.classes]")?;
                let address = search.api.is_empty() || is_address(&search.api);
                rule(address, &key("api"), "an address that begins with http:// or https://")?;
            }
            for (place, pattern) in source.exclude().iter().enumerate() {
                let key = key(&format!("exclude.{place}"));
                rule(is_pattern(pattern), &key, "a pattern such as `*.gif`, `unsorted` or `cat/old`")?;
            }
            if let SourceConfig::Urls(list) = source {
                rule(list.class.is_empty() || is_class_name(&list.class), &key("class"), CLASS_NAME)?;
            }
        }
        self.web.check(self.sources.iter().any(SourceConfig::is_web))
    }
}

impl Web {
    /// Checks the section. `used` says whether a source is on the web. Only then is a contact required.
    fn check(&self, used: bool) -> Result<(), Violation> {
        let reachable = is_address(&self.contact)
            || self.contact.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
        // The contact is part of the User-Agent header.
        let printable = self.contact.bytes().all(|byte| (b' '..0x7f).contains(&byte) && !matches!(byte, b'(' | b')'));
        let wanted =
            "an e-mail address or the address of a page about you, because every host must know whom to contact";
        rule(printable && (reachable || !used), "scrape.web.contact", wanted)?;
        // Configurations are copied into artifacts, so a password must not be in one.
        let proxy = matches!(self.proxy.as_str(), "" | "env") || (is_proxy(&self.proxy) && !self.proxy.contains('@'));
        let wanted = "empty, `env`, or the URL of a proxy that begins with http://, https://, socks5:// or socks5h://, without a \
            password: name a proxy that needs one in the environment";
        rule(proxy, "scrape.web.proxy", wanted)
    }
}

fn check_words(words: &SearchWords, key: &str) -> Result<(), Violation> {
    for (class, words) in words {
        rule(is_class_name(class), &format!("{key}.{class}"), CLASS_NAME)?;
        let some = !words.is_empty() && words.iter().all(|word| !word.trim().is_empty());
        rule(some, &format!("{key}.{class}"), "a list of search words, such as [\"cat\", \"kitten\"]")?;
    }
    Ok(())
}

/// Returns whether `class` can be the name of a class, which is also the name of its folder.
pub fn is_class_name(class: &str) -> bool {
    !class.is_empty() && class.len() <= 200 && !class.starts_with('.') && !class.contains(['/', '\\', '\0'])
}

/// Returns whether `pattern` is a glob pattern that can match something.
fn is_pattern(pattern: &str) -> bool {
    !pattern.trim_matches('/').is_empty() && globset::Glob::new(pattern).is_ok()
}

fn is_address(text: &str) -> bool {
    has_scheme(text, &["http://", "https://"])
}

fn is_proxy(text: &str) -> bool {
    has_scheme(text, &["http://", "https://", "socks5://", "socks5h://"])
}

fn has_scheme(text: &str, schemes: &[&str]) -> bool {
    schemes.iter().any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
}
