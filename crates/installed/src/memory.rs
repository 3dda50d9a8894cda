//! The hashes of files that were read before. A hash is valid while the file system reports the same size, times and inode.
//!
//! The memory is the file `.verified.json` in the data folder. It only saves time. When it is missing, damaged or cannot be
//! written, files are read again.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// The name of the memory in the data folder.
pub(crate) const FILE: &str = ".verified.json";

/// A file that changed less than this before it was read is not remembered. Clocks of file systems advance in steps, so a second
/// change in the same step leaves no trace.
const SETTLED: Duration = Duration::from_secs(2);

/// The properties of a file in the file system: its size, times and inode. Every write to the file changes its stamp.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    device: u64,
    inode: u64,
    bytes: u64,
    /// Time of the last change of the contents, in nanoseconds since 1970.
    modified: i64,
    /// Time of the last change of the contents or of the file's properties, in nanoseconds since 1970. No program can set it.
    changed: i64,
}

impl Stamp {
    /// Returns the stamp of a regular file. Returns `None` when there is no such file, and on systems that have no inodes.
    #[cfg(unix)]
    pub fn of(path: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        let file = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
        let nanoseconds = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
        Some(Self {
            device: file.dev(),
            inode: file.ino(),
            bytes: file.len(),
            modified: nanoseconds(file.mtime(), file.mtime_nsec()),
            changed: nanoseconds(file.ctime(), file.ctime_nsec()),
        })
    }

    /// Returns `None`, so that files are always read.
    #[cfg(not(unix))]
    pub fn of(_: &Path) -> Option<Self> {
        None
    }

    /// Returns whether a further change of the file would change the stamp.
    pub fn is_settled(&self) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let limit = now.saturating_sub(SETTLED).as_nanos() as i64;
        self.changed < limit && self.modified < limit
    }
}

/// The remembered files by path.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Memory(BTreeMap<String, (Stamp, String)>);

impl Memory {
    /// Reads the memory of the folder `data`. A missing or damaged file counts as empty.
    pub fn read(data: &Path) -> Self {
        let path = data.join(FILE);
        let regular = std::fs::symlink_metadata(&path).is_ok_and(|file| file.is_file());
        let bytes = if regular { std::fs::read(path).unwrap_or_default() } else { Vec::new() };
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Returns the SHA-256 that the file at `path` had when it had this stamp.
    pub fn sha256(&self, path: &Path, stamp: &Stamp) -> Option<&str> {
        let (remembered, sha256) = self.0.get(path.to_str()?)?;
        (remembered == stamp).then_some(sha256)
    }

    /// Remembers a file and writes the memory. A failure has no effect: the file is read again next time.
    pub fn keep(mut self, data: &Path, path: &Path, stamp: Stamp, sha256: String) {
        let Some(path) = path.to_str() else { return };
        self.0.insert(path.to_owned(), (stamp, sha256));
        let target = data.join(FILE);
        // A link or a folder at this path is not replaced.
        if std::fs::symlink_metadata(&target).is_ok_and(|file| !file.is_file()) {
            return;
        }
        let Ok(text) = serde_json::to_vec(&self) else { return };
        let Ok(mut temporary) = tempfile::Builder::new().prefix(".verified-").tempfile_in(data) else { return };
        if temporary.write_all(&text).is_ok() {
            temporary.persist(target).ok();
        }
    }
}
