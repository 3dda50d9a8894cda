//! The source `folder`: a folder of the user with one subfolder per class.

mod exclude;
mod layout;
mod listing;

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;
use std::sync::OnceLock;

use anyhow::Result;
use contract::config::SourceKind;
use pipeline::Problems;
use rayon::prelude::*;

use self::exclude::Exclude;
use self::layout::ClassFolder;
use self::listing::{FolderEntry, Listing};
use crate::api_client::{ApiClient, Fault, Stop};
use crate::candidate::{Candidate, Page, Quota, Reject};
use crate::source::{Notice, PageFuture, Source};

/// The source `folder`.
#[derive(Debug)]
pub struct Folder<'a> {
    path: &'a Path,
    patterns: &'a [String],
    listing: OnceLock<(Listing, Exclude)>,
}

impl<'a> Folder<'a> {
    /// Creates the source of the folder `path`. `patterns` is the key `exclude`.
    pub fn new(path: &'a Path, patterns: &'a [String]) -> Self {
        Self { path, patterns, listing: OnceLock::new() }
    }

    /// Returns the listing of the folder. The first call reads the folder.
    fn listing(&self) -> Result<&Listing> {
        Ok(&self.read()?.0)
    }

    /// Returns the listing of the folder, and the patterns with the number of their matches.
    fn read(&self) -> Result<&(Listing, Exclude)> {
        if let Some(read) = self.listing.get() {
            return Ok(read);
        }
        let exclude = Exclude::new(self.patterns)?;
        let listing = Listing::read(self.path, &exclude)?;
        if listing.skipped > 0 {
            let what = "skipped hidden files, and files outside of the class folders that are not images";
            tracing::info!(count = listing.skipped, what);
        }
        Ok(self.listing.get_or_init(|| (listing, exclude)))
    }
}

impl Source for Folder<'_> {
    fn kind(&self) -> SourceKind {
        SourceKind::Folder
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
        let class = |folder: &ClassFolder| folder.class.clone();
        let quota = |class: String| Quota { class, queries: vec![String::new()], count: usize::MAX };
        Ok(self.listing()?.classes.iter().map(class).map(quota).collect())
    }

    fn problems(&self, problems: &mut Problems) {
        match self.listing() {
            Ok(listing) => layout::check(self.path, &listing.classes, problems),
            Err(error) => problems.add_error(&error),
        }
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

    fn notices(&self) -> Vec<Notice> {
        let Ok((listing, exclude)) = self.read() else { return Vec::new() };
        let path = self.path.display();
        let mut notices = Vec::new();
        if listing.loose > 0 {
            let images = listing.loose_images();
            notices.push(Notice::Warning(format!("ignored {images} outside of the class folders of {path}")));
        }
        if !listing.system.is_empty() {
            let shown: Vec<String> = listing.system.iter().take(3).map(|path| path.display().to_string()).collect();
            let more = listing.system.len() - shown.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            notices
                .push(Notice::Note(format!("skipped folders that belong to the system: {}{more}", shown.join(", "))));
        }
        if listing.excluded > 0 {
            let entries =
                if listing.excluded == 1 { "1 entry".to_owned() } else { format!("{} entries", listing.excluded) };
            notices.push(Notice::Note(format!("`exclude` left out {entries} of {path}")));
        }
        for pattern in exclude.unused() {
            notices.push(Notice::Warning(format!("`{pattern}` in `exclude` matches nothing in {path}")));
        }
        notices
    }
}

/// Returns the hash of a file's content, or the hash of the error message if the file cannot be read.
fn hash(entry: &FolderEntry) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    let read =
        std::fs::File::open(&entry.path).and_then(|file| hasher.update_reader(file).map(|hasher| hasher.finalize()));
    read.unwrap_or_else(|error| blake3::hash(error.to_string().as_bytes()))
}
