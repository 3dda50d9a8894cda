//! The cache of files from the web: `fetched/files/<hash>.<ext>`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use pipeline::HintExt;

use crate::content::Content;
use crate::view::Run;

/// The folder below the stage's folder that is kept between runs.
pub const FOLDER: &str = "fetched";

/// The cached files.
#[derive(Debug, Clone)]
pub struct Cache {
    files: PathBuf,
}

impl Cache {
    /// Returns the cache below the stage's `folder`.
    pub fn new(folder: &Path) -> Self {
        Self { files: folder.join(FOLDER).join("files") }
    }

    /// Returns the path of the journal below the stage's `folder`.
    pub fn journal(folder: &Path) -> PathBuf {
        folder.join(FOLDER).join("journal.jsonl")
    }

    /// Writes a file into the cache and returns its path.
    pub fn put(&self, content: &Content, bytes: &[u8]) -> Result<PathBuf> {
        let path = self.files.join(content.file_name());
        pipeline::write_atomic(&path, bytes)?;
        Ok(path)
    }

    /// Returns whether the cache has the file, by name and size.
    pub fn has(&self, content: &Content) -> bool {
        std::fs::metadata(self.files.join(content.file_name())).is_ok_and(|found| found.len() == content.bytes)
    }

    /// Links a file to `path` below the stage's folder.
    ///
    /// Returns `false` if the cached file has changed since it was fetched, and deletes it from the cache.
    pub fn publish(&self, run: &Run, content: &Content, path: &str) -> Result<bool> {
        let file = self.files.join(content.file_name());
        let bytes = pipeline::regular::read(&file, content.bytes).unwrap_or_default();
        if bytes.len() as u64 != content.bytes || pipeline::short_hash(&bytes) != content.hash {
            std::fs::remove_file(&file).ok();
            return Ok(false);
        }
        let target = run.folder().join(path);
        if let Some(folder) = target.parent() {
            fs_err::create_dir_all(folder).hint_write()?;
        }
        // A hard link takes no disk space. File systems without hard links get a copy.
        if std::fs::hard_link(&file, &target).is_err() {
            run.write(path, &bytes)?;
        }
        Ok(true)
    }
}
