//! The source `urls`: a list of web addresses.
//!
//! The list is a table with a column `url`, or a text file with one address per line. The table may also have the columns
//! `class`, `page`, `title`, `author`, `licence` and `licence_url`. In a text file, empty lines and lines that begin with `#`
//! are ignored.

mod list;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use anyhow::{Result, anyhow};
use contract::config::{SourceKind, UrlList};
use pipeline::{HintExt, regular};

pub use self::list::List;
use self::list::NO_CLASS;
use crate::api_client::{ApiClient, Fault, Stop};
use crate::candidate::{Page, Quota};
use crate::source::{Notice, PageFuture, Source};
use crate::user_table::decode;

/// The source `urls`.
#[derive(Debug)]
pub struct Urls<'a> {
    settings: &'a UrlList,
    /// The list, and what the user should know about its encoding.
    read: OnceLock<(List, Option<String>)>,
}

const PATH_HINT: &str = "set the `path` of a source of kind \"urls\" to its list";

impl<'a> Urls<'a> {
    /// Creates the source of a list.
    pub fn new(settings: &'a UrlList) -> Self {
        Self { settings, read: OnceLock::new() }
    }

    /// Returns the list. The first call reads the file.
    fn list(&self) -> Result<&List> {
        if let Some((list, _)) = self.read.get() {
            return Ok(list);
        }
        let path = &self.settings.path;
        let named = |reason: String| anyhow!("{}: {reason}", path.display());
        let decoded = decode(&bytes(path)?).map_err(named);
        let decoded = decoded.hint("a list is a text file, such as a spreadsheet that was saved as CSV")?;
        let list = List::read(&decoded.text, &self.settings.class).map_err(named);
        let list = list.hint(
            "a list is a table with a column `url` (and `class`), separated by commas, semicolons or tabs, or a text file with one \
             address per line",
        )?;
        if list.classes.is_empty() {
            return Err(self.nothing(&list));
        }
        Ok(&self.read.get_or_init(|| (list, decoded.note)).0)
    }

    /// Returns the error for a list without a usable row.
    fn nothing(&self, list: &List) -> anyhow::Error {
        let path = self.settings.path.display();
        if list.local > 0 {
            let error =
                anyhow!("{path} names files on this machine, and a source of kind \"urls\" reads addresses of the web");
            return pipeline::error::with_hint(
                error,
                "put the images of each class into a folder of its own, and name the folder above them: kind = \"folder\", path = \
                 \"FOLDER\"",
            );
        }
        let why = list.rejects.first().map_or_else(String::new, |reject| {
            let row = if reject.location.is_empty() { "its first row" } else { &reject.location };
            format!("; {row}: {}", reject.reason)
        });
        let advice = match list.rejects.first() {
            None => "write a line `url,class` and a row for each image, or one address per line",
            Some(reject) if reject.reason == NO_CLASS => {
                "add a column `class` to the list, or set the `class` of the source"
            }
            Some(_) => "correct the rows: each has an address such as https://example.org/cat.jpg, and a class",
        };
        pipeline::error::with_hint(anyhow!("{path} contains no address with a class{why}"), advice)
    }
}

/// The most bytes of a list. A list of ten million addresses has about 1 GB.
const MOST_BYTES: u64 = 1 << 30;

/// Reads the file of the list.
fn bytes(path: &Path) -> Result<Vec<u8>> {
    regular::read(path, MOST_BYTES).hint(PATH_HINT)
}

impl Source for Urls<'_> {
    fn kind(&self) -> SourceKind {
        SourceKind::Urls
    }

    fn inputs(&self) -> Result<BTreeMap<String, String>> {
        let hash = pipeline::short_hash(&bytes(&self.settings.path)?);
        Ok(BTreeMap::from([(format!("content of {}", self.settings.path.display()), hash)]))
    }

    fn quotas(&self) -> Result<Vec<Quota>> {
        let count = if self.settings.per_class == 0 { usize::MAX } else { self.settings.per_class };
        let quota = |class: &String| Quota { class: class.clone(), queries: vec![String::new()], count };
        Ok(self.list()?.classes.keys().map(quota).collect())
    }

    fn page<'a>(&'a self, _: &'a ApiClient, class: &'a str, _: &'a str, _: Option<&'a str>) -> PageFuture<'a> {
        Box::pin(async move {
            let list = self.list().map_err(|error| Stop::Fault(Fault::Broken(format!("{error:#}"))))?;
            // The first class reports the rejects without a class.
            let first = list.classes.keys().next().is_some_and(|first| first == class);
            let candidates = list.classes.get(class).cloned().unwrap_or_default();
            let mine = |class_of: &str| class_of == class || (first && !list.classes.contains_key(class_of));
            let rejects = list.rejects.iter().filter(|reject| mine(&reject.class)).cloned().collect();
            Ok(Page { candidates, rejects, next: None })
        })
    }

    fn notices(&self) -> Vec<Notice> {
        let Some((list, note)) = self.read.get() else { return Vec::new() };
        let notes = note.iter().chain(&list.notes);
        notes.map(|note| Notice::Warning(format!("{}: {note}", self.settings.path.display()))).collect()
    }
}
