//! Files from the web, kept from run to run: `fetched/files/<hash>.<ext>`.

use std::path::{Path, PathBuf};

use crate::view::Run;
use anyhow::Result;
use pipeline::HintExt;

use crate::content::Content;

/// The stage's folder that survives from run to run.
pub const FOLDER: &str = "fetched";

/// The files.
#[derive(Debug, Clone)]
pub struct Cache {
    files: PathBuf,
}

impl Cache {
    /// The cache below the stage's `folder`.
    pub fn new(folder: &Path) -> Self {
        Self { files: folder.join(FOLDER).join("files") }
    }

    /// Where the journal is.
    pub fn journal(folder: &Path) -> PathBuf {
        folder.join(FOLDER).join("journal.jsonl")
    }

    /// Keeps a file; gives its path.
    pub fn put(&self, content: &Content, bytes: &[u8]) -> Result<PathBuf> {
        let path = self.files.join(content.file_name());
        pipeline::write_atomic(&path, bytes)?;
        Ok(path)
    }

    /// Whether a file is there, by its name and size.
    pub fn has(&self, content: &Content) -> bool {
        std::fs::metadata(self.files.join(content.file_name())).is_ok_and(|found| found.len() == content.bytes)
    }

    /// Puts a file into the outputs at `path`. `false` when it is no longer what was fetched: then it is gone from here.
    pub fn publish(&self, run: &Run, content: &Content, path: &str) -> Result<bool> {
        let file = self.files.join(content.file_name());
        let bytes = std::fs::read(&file).unwrap_or_default();
        if bytes.len() as u64 != content.bytes || pipeline::short_hash(&bytes) != content.hash {
            std::fs::remove_file(&file).ok();
            return Ok(false);
        }
        let target = run.folder().join(path);
        if let Some(folder) = target.parent() {
            fs_err::create_dir_all(folder).hint("is the folder read-only?")?;
        }
        // A second name for the same file takes no room; where the disk knows no such thing, it is copied.
        if std::fs::hard_link(&file, &target).is_err() {
            run.write(path, &bytes)?;
        }
        Ok(true)
    }
}
