//! Source `folder`: a folder of the user's with one folder for each class.

mod listing;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::path::Path;
use std::sync::OnceLock;

use anyhow::Result;
use rayon::prelude::*;

use self::listing::{Entry, Listing};
use crate::candidate::{Candidate, Page, Reject, Want};
use crate::desk::{Desk, Fault, Stop};
use crate::source::{Asked, Source};

/// The source.
#[derive(Debug)]
pub struct Folder<'a> {
    path: &'a Path,
    listing: OnceLock<Listing>,
}

impl<'a> Folder<'a> {
    /// The folder `path` with its class folders.
    pub fn new(path: &'a Path) -> Self {
        Self { path, listing: OnceLock::new() }
    }

    /// What lies in the folder, looked at once.
    fn listing(&self) -> Result<&Listing> {
        if let Some(listing) = self.listing.get() {
            return Ok(listing);
        }
        let listing = Listing::read(self.path)?;
        if listing.skipped > 0 {
            let what = "skipped hidden files and files that are no pictures beside the class folders";
            tracing::info!(count = listing.skipped, what);
        }
        Ok(self.listing.get_or_init(|| listing))
    }
}

impl Source for Folder<'_> {
    fn kind(&self) -> &'static str {
        "folder"
    }

    /// One hash over every name, class and content, so that any change in the folder shows.
    fn inputs(&self) -> Result<BTreeMap<String, String>> {
        let listing = self.listing()?;
        let contents: Vec<blake3::Hash> = listing.files.par_iter().map(hash).collect();
        let mut whole = blake3::Hasher::new();
        let mut add = |part: &[u8]| {
            whole.update(&(part.len() as u64).to_le_bytes()).update(part);
        };
        for (file, content) in listing.files.iter().zip(&contents) {
            add(file.class.as_bytes());
            add(file.path.as_os_str().as_encoded_bytes());
            add(content.as_bytes());
        }
        for Reject { class, source, reason } in &listing.rejects {
            for part in [class, source, reason] {
                add(part.as_bytes());
            }
        }
        Ok(BTreeMap::from([
            ("files in the folder".to_owned(), listing.files.len().to_string()),
            ("content of the folder".to_owned(), whole.finalize().to_hex()[..16].to_owned()),
        ]))
    }

    fn wants(&self) -> Result<Vec<Want>> {
        let listing = self.listing()?;
        let files = listing.files.iter().map(|file| &file.class);
        let named: BTreeSet<&String> = files.chain(listing.rejects.iter().map(|reject| &reject.class)).collect();
        let want = |class: &&String| Want { class: (*class).clone(), queries: vec![String::new()], count: usize::MAX };
        Ok(named.iter().filter(|class| !class.is_empty()).map(want).collect())
    }

    fn page<'a>(&'a self, _: &'a Desk, class: &'a str, _: &'a str, _: Option<&'a str>) -> Asked<'a> {
        Box::pin(async move {
            let listing = self.listing().map_err(|error| Stop::Fault(Fault::Broken(format!("{error:#}"))))?;
            let names = listing.names();
            let of_class = names.iter().filter(|(_, file)| file.class == class);
            let candidates =
                of_class.map(|(name, _)| Candidate { source: name.clone(), ..Candidate::default() }).collect();
            // What lies beside the class folders is told with the first of them.
            let first = names.values().map(|file| &file.class).min().is_none_or(|first| first == class);
            let mine = |reject: &&Reject| reject.class == class || (first && reject.class.is_empty());
            Ok(Page { candidates, rejects: listing.rejects.iter().filter(mine).cloned().collect(), next: None })
        })
    }

    fn open(&self, _: &str, candidate: &Candidate) -> Option<io::Result<Box<dyn Read>>> {
        let file = self.listing().ok()?.names().get(&candidate.source)?;
        Some(std::fs::File::open(&file.path).map(|file| Box::new(file) as Box<dyn Read>))
    }

    fn notice(&self) -> Option<String> {
        let listing = self.listing().ok()?;
        let told = || {
            format!("{} outside of the class folders of {}: not used", listing.loose_pictures(), self.path.display())
        };
        (listing.loose > 0).then(told)
    }
}

/// The hash of a file's content; that of the error's text when it cannot be read.
fn hash(entry: &Entry) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    let read =
        std::fs::File::open(&entry.path).and_then(|file| hasher.update_reader(file).map(|hasher| hasher.finalize()));
    read.unwrap_or_else(|error| blake3::hash(error.to_string().as_bytes()))
}
