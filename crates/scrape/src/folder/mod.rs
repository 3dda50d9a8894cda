//! Source `folder`: a folder of the user's with one folder for each class.

mod listing;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use pipeline::{Run, stop};
use rayon::prelude::*;

use self::listing::{Entry, Listing};
use crate::source::{Found, Picture, Reject, Source};
use crate::store::Store;

/// The source.
#[derive(Debug, Clone, Copy)]
pub struct Folder<'a> {
    /// The folder above the class folders.
    pub path: &'a Path,
}

impl Source for Folder<'_> {
    /// One hash over every name, class and content, so that any change in the folder shows.
    fn inputs(&self) -> Result<BTreeMap<String, String>> {
        let listing = Listing::read(self.path)?;
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

    fn gather(&self, run: &Run, store: &Store) -> Result<Vec<Found>> {
        let listing = Listing::read(self.path)?;
        if listing.skipped > 0 {
            tracing::info!(
                count = listing.skipped,
                "skipped hidden files and files that are no pictures beside the class folders"
            );
        }
        if listing.loose > 0 {
            run.warn(&format!(
                "{} outside of the class folders of {}: not used",
                listing.loose_pictures(),
                self.path.display()
            ));
        }
        let progress = run.progress("copying pictures", listing.files.len());
        let copied: Result<Vec<Found>> = listing
            .files
            .par_iter()
            .map(|entry| {
                stop::check()?;
                let found = copy(entry, store);
                progress.inc(1);
                found
            })
            .collect();
        progress.finish();
        let mut found = copied?;
        found.extend(listing.rejects.into_iter().map(Found::Reject));
        Ok(found)
    }
}

/// The hash of a file's content; that of the error's text when it cannot be read.
fn hash(entry: &Entry) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    let read =
        std::fs::File::open(&entry.path).and_then(|file| hasher.update_reader(file).map(|hasher| hasher.finalize()));
    read.unwrap_or_else(|error| blake3::hash(error.to_string().as_bytes()))
}

fn copy(entry: &Entry, store: &Store) -> Result<Found> {
    let stored = match std::fs::File::open(&entry.path) {
        Ok(file) => store.put(&entry.class, file)?,
        Err(error) => Err(error),
    };
    let (class, source) = (entry.class.clone(), entry.path.display().to_string());
    Ok(match stored {
        Ok(stored) => Found::Picture(Picture { class, stored, source, ..Picture::default() }),
        Err(error) => Found::Reject(Reject { class, source, reason: format!("it cannot be read: {error}") }),
    })
}
