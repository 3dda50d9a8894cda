//! The source `folder`: a folder of the user with one subfolder per class.

mod listing;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::path::Path;
use std::sync::OnceLock;

use anyhow::Result;
use rayon::prelude::*;

use self::listing::{Entry, Listing};
use crate::api_client::{ApiClient, Fault, Stop};
use crate::candidate::{Candidate, Page, Quota, Reject};
use crate::source::{PageFuture, Source};

/// The source `folder`.
#[derive(Debug)]
pub struct Folder<'a> {
    path: &'a Path,
    listing: OnceLock<Listing>,
}

impl<'a> Folder<'a> {
    /// Creates the source of the folder `path`.
    pub fn new(path: &'a Path) -> Self {
        Self { path, listing: OnceLock::new() }
    }

    /// Returns the listing of the folder. The first call reads the folder.
    fn listing(&self) -> Result<&Listing> {
        if let Some(listing) = self.listing.get() {
            return Ok(listing);
        }
        let listing = Listing::read(self.path)?;
        if listing.skipped > 0 {
            let what = "skipped hidden files, and files outside of the class folders that are not images";
            tracing::info!(count = listing.skipped, what);
        }
        Ok(self.listing.get_or_init(|| listing))
    }
}

impl Source for Folder<'_> {
    fn kind(&self) -> &'static str {
        "folder"
    }

    /// Returns the number of files and a hash of all names, classes and contents.
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
        for Reject { class, location, reason } in &listing.rejects {
            for part in [class, location, reason] {
                add(part.as_bytes());
            }
        }
        Ok(BTreeMap::from([
            ("files in the folder".to_owned(), listing.files.len().to_string()),
            ("content of the folder".to_owned(), whole.finalize().to_hex()[..16].to_owned()),
        ]))
    }

    fn quotas(&self) -> Result<Vec<Quota>> {
        let listing = self.listing()?;
        let files = listing.files.iter().map(|file| &file.class);
        let named: BTreeSet<&String> = files.chain(listing.rejects.iter().map(|reject| &reject.class)).collect();
        let quota =
            |class: &&String| Quota { class: (*class).clone(), queries: vec![String::new()], count: usize::MAX };
        Ok(named.iter().filter(|class| !class.is_empty()).map(quota).collect())
    }

    fn page<'a>(&'a self, _: &'a ApiClient, class: &'a str, _: &'a str, _: Option<&'a str>) -> PageFuture<'a> {
        Box::pin(async move {
            let listing = self.listing().map_err(|error| Stop::Fault(Fault::Broken(format!("{error:#}"))))?;
            let names = listing.names();
            let of_class = names.iter().filter(|(_, file)| file.class == class);
            let candidates =
                of_class.map(|(name, _)| Candidate { location: name.clone(), ..Candidate::default() }).collect();
            // The first class reports the files outside of the class folders.
            let first = names.values().map(|file| &file.class).min().is_none_or(|first| first == class);
            let mine = |reject: &&Reject| reject.class == class || (first && reject.class.is_empty());
            Ok(Page { candidates, rejects: listing.rejects.iter().filter(mine).cloned().collect(), next: None })
        })
    }

    fn open(&self, _: &str, candidate: &Candidate) -> Option<io::Result<Box<dyn Read>>> {
        let file = self.listing().ok()?.names().get(&candidate.location)?;
        Some(std::fs::File::open(&file.path).map(|file| Box::new(file) as Box<dyn Read>))
    }

    fn notice(&self) -> Option<String> {
        let listing = self.listing().ok()?;
        let text = || {
            let (images, path) = (listing.loose_images(), self.path.display());
            format!("ignored {images} outside of the class folders of {path}")
        };
        (listing.loose > 0).then(text)
    }
}

/// Returns the hash of a file's content, or the hash of the error message if the file cannot be read.
fn hash(entry: &Entry) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    let read =
        std::fs::File::open(&entry.path).and_then(|file| hasher.update_reader(file).map(|hasher| hasher.finalize()));
    read.unwrap_or_else(|error| blake3::hash(error.to_string().as_bytes()))
}
