//! Private files that end with a hash of their content. A run reads a file of an earlier run only when it is whole.
//!
//! ```text
//! content, then 32 bytes BLAKE3 of purpose, key and content
//! ```

use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::{AtomicFile, HintExt, regular};

/// The purpose of a file and the key of its content.
///
/// The hash at the end of the file covers both. A file that was written for another purpose, with another key, or only
/// in part is treated like a missing file.
#[derive(Debug, Clone, Copy)]
pub struct Seal<'a> {
    purpose: &'static str,
    key: &'a [u8],
}

impl<'a> Seal<'a> {
    /// Bytes of the hash behind the content.
    pub const HASH: usize = blake3::OUT_LEN;

    /// Creates the seal of files for `purpose`. That text names the project, the kind of file and the version of its format, and it changes
    /// with the format. `key` is empty or identifies the one content that a reader accepts.
    pub fn new(purpose: &'static str, key: &'a [u8]) -> Self {
        Self { purpose, key }
    }

    /// Writes a file atomically. `write` writes its content.
    ///
    /// # Errors
    /// Returns the error of `write`, or the error of the file system. The message names the file.
    pub fn write(&self, path: impl Into<PathBuf>, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
        let path = path.into();
        if path.is_dir() && !path.is_symlink() {
            // Only the engine writes to caches, so a folder there is damage, like a damaged file.
            fs_err::remove_dir_all(&path)?;
        }
        let mut file = Hashing { file: AtomicFile::create(&path)?, hasher: self.hasher(), failed: None };
        let written = write(&mut file).and_then(|()| {
            let hash = file.hasher.finalize();
            Ok(file.write_all(hash.as_bytes())?)
        });
        let what = || format!("cannot write {}", path.display());
        if let Some(error) = file.failed {
            // A serializer hides the error of the system behind one of its own.
            return Err(error).with_context(what).hint_write();
        }
        written.with_context(what)?;
        file.file.commit()
    }

    /// Returns the content of the file at `path`, or `None` when the file is missing, damaged or of another seal.
    pub fn read(&self, path: &Path) -> Option<Vec<u8>> {
        let mut bytes = regular::read(path, u64::MAX).ok()?;
        let content = bytes.len().checked_sub(Self::HASH)?;
        let hash = self.hasher().update_rayon(&bytes[..content]).finalize();
        if hash.as_bytes() != &bytes[content..] {
            return None;
        }
        bytes.truncate(content);
        Some(bytes)
    }

    /// Returns whether the file at `path` is whole.
    ///
    /// The file is read and not mapped: a page of a mapped file counts as memory of the process after the first access.
    ///
    /// # Errors
    /// Returns an error when the file cannot be read.
    pub fn is_whole(&self, path: &Path) -> io::Result<bool> {
        let mut file = regular::open(path)?;
        let Some(content) = file.metadata()?.len().checked_sub(Self::HASH as u64) else { return Ok(false) };
        let mut hasher = self.hasher();
        hasher.update_reader((&mut file).take(content))?;
        let mut found = [0; Self::HASH];
        file.read_exact(&mut found)?;
        Ok(hasher.finalize() == found)
    }

    fn hasher(&self) -> blake3::Hasher {
        let mut hasher = blake3::Hasher::new_derive_key(self.purpose);
        hasher.update(&(self.key.len() as u64).to_le_bytes());
        hasher.update(self.key);
        hasher
    }
}

/// Hashes the bytes on their way to the file.
struct Hashing {
    file: AtomicFile,
    hasher: blake3::Hasher,
    /// The first error of the file system.
    failed: Option<io::Error>,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        /// Bytes that are written at a time, so that they are still in a cache when they are hashed. Fewer bytes are not
        /// worth several threads.
        const PIECE: usize = 1 << 20;
        let written = self.file.write(&bytes[..bytes.len().min(PIECE)]);
        let count = self.remember(written)?;
        if count == PIECE {
            self.hasher.update_rayon(&bytes[..count]);
        } else {
            self.hasher.update(&bytes[..count]);
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.file.flush();
        self.remember(flushed)
    }
}

impl Hashing {
    /// Keeps the first error of the file system. After `Interrupted`, the caller tries again.
    fn remember<T>(&mut self, done: io::Result<T>) -> io::Result<T> {
        done.map_err(|error| {
            let kind = error.kind();
            if kind != ErrorKind::Interrupted {
                self.failed.get_or_insert(error);
            }
            kind.into()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_file_of_the_same_purpose_and_key_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/file");
        let seal = Seal::new("tunescope test 1", b"key");
        assert_eq!(seal.read(&path), None, "no file");
        seal.write(&path, |file| Ok(file.write_all(b"content")?)).unwrap();
        assert_eq!(seal.read(&path).unwrap(), b"content");
        assert!(seal.is_whole(&path).unwrap());
        for other in [Seal::new("tunescope test 2", b"key"), Seal::new("tunescope test 1", b"another")] {
            assert_eq!(other.read(&path), None);
            assert!(!other.is_whole(&path).unwrap());
        }
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            for bytes in [damaged.as_slice(), &whole[..at]] {
                std::fs::write(&path, bytes).unwrap();
                assert_eq!(seal.read(&path), None, "byte {at}");
                assert!(!seal.is_whole(&path).unwrap(), "byte {at}");
            }
        }
    }

    #[test]
    fn a_large_content_is_hashed_the_same_way_when_written_and_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let content: Vec<u8> = (0..3_000_001_u32).map(|at| (at % 251) as u8).collect();
        let seal = Seal::new("tunescope test 1", b"");
        seal.write(&path, |file| {
            file.write_all(&content[..7])?;
            Ok(file.write_all(&content[7..])?)
        })
        .unwrap();
        assert!(seal.is_whole(&path).unwrap());
        assert_eq!(seal.read(&path).unwrap(), content);
    }

    #[test]
    fn a_failed_write_leaves_the_file_of_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let seal = Seal::new("tunescope test 1", b"");
        seal.write(&path, |file| Ok(file.write_all(b"first")?)).unwrap();
        let failed = seal.write(&path, |file| {
            file.write_all(b"second")?;
            anyhow::bail!("stopped")
        });
        assert!(format!("{:#}", failed.unwrap_err()).contains("file: stopped"));
        assert_eq!(seal.read(&path).unwrap(), b"first");
    }
}
