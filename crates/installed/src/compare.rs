//! Comparing a file with the SHA-256 that it should have.

use std::io;
use std::path::Path;

use crate::hash::sha256_file;
use crate::memory::{Memory, Stamp};

/// The result of [`compare`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// The file has the expected SHA-256.
    Equal,
    /// The file has another SHA-256: this one, 64 hex digits.
    Other(String),
}

/// Compares the SHA-256 of the file at `path` with `expected`, 64 hex digits.
///
/// The function does not read a file whose size, times and inode are the same as when the file was last found equal. It remembers these
/// values in the folder `data`, if it can write there. A change that the file system does not record then stays unnoticed.
///
/// # Errors
/// Returns an error when the file cannot be read or is not a regular file.
pub fn compare(data: &Path, path: &Path, expected: &str) -> io::Result<Comparison> {
    let memory = Memory::read(data);
    let before = Stamp::of(path);
    if before.as_ref().and_then(|stamp| memory.sha256(path, stamp)) == Some(expected) {
        return Ok(Comparison::Equal);
    }
    let found = sha256_file(path)?;
    if found != expected {
        return Ok(Comparison::Other(found));
    }
    if let Some(stamp) = before.filter(|stamp| stamp.is_settled() && Stamp::of(path).as_ref() == Some(stamp)) {
        memory.keep(data, path, stamp, found);
    }
    Ok(Comparison::Equal)
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;
    use std::time::{Duration, Instant};

    use tempfile::TempDir;

    use super::*;
    use crate::hash::sha256;
    use crate::memory::FILE;

    /// Returns a data folder with one file that changed long enough ago to be remembered.
    fn folder(bytes: &[u8]) -> (TempDir, PathBuf) {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("file");
        fs_err::write(&path, bytes).unwrap();
        let began = Instant::now();
        while !Stamp::of(&path).unwrap().is_settled() {
            assert!(began.elapsed() < Duration::from_secs(10), "the clock of the file system stands still");
            std::thread::sleep(Duration::from_millis(100));
        }
        (data, path)
    }

    #[test]
    fn an_unchanged_file_is_remembered_and_a_changed_one_is_noticed() {
        let (data, path) = folder(b"whole");
        assert_eq!(compare(data.path(), &path, &sha256(b"whole")).unwrap(), Comparison::Equal);
        let remembered = fs_err::read_to_string(data.path().join(FILE)).unwrap();
        assert!(remembered.contains(&sha256(b"whole")), "{remembered}");
        // A comparison with the remembered hash reads nothing. A comparison with another hash reads the file again.
        let stamp = Stamp::of(&path).unwrap();
        assert_eq!(Memory::read(data.path()).sha256(&path, &stamp), Some(sha256(b"whole").as_str()));
        assert_eq!(compare(data.path(), &path, &sha256(b"other")).unwrap(), Comparison::Other(sha256(b"whole")));
        fs_err::write(&path, b"wholf").unwrap();
        assert_eq!(compare(data.path(), &path, &sha256(b"whole")).unwrap(), Comparison::Other(sha256(b"wholf")));
    }

    #[test]
    fn a_change_that_keeps_size_and_modification_time_is_noticed() {
        let (data, path) = folder(b"whole");
        compare(data.path(), &path, &sha256(b"whole")).unwrap();
        let modified = fs_err::metadata(&path).unwrap().modified().unwrap();
        fs_err::write(&path, b"wholf").unwrap();
        fs_err::File::options().write(true).open(&path).unwrap().file().set_modified(modified).unwrap();
        assert_eq!(compare(data.path(), &path, &sha256(b"whole")).unwrap(), Comparison::Other(sha256(b"wholf")));
    }

    #[test]
    fn a_file_that_has_just_changed_is_not_remembered() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join("file");
        fs_err::write(&path, b"new").unwrap();
        assert_eq!(compare(data.path(), &path, &sha256(b"new")).unwrap(), Comparison::Equal);
        assert!(!data.path().join(FILE).exists());
    }

    #[test]
    fn a_lost_or_damaged_memory_or_one_that_cannot_be_written_only_costs_time() {
        let (data, path) = folder(b"whole");
        for damage in [&b"{ half"[..], b"", b"[1, 2]", b"\xff\xfe"] {
            fs_err::write(data.path().join(FILE), damage).unwrap();
            assert_eq!(compare(data.path(), &path, &sha256(b"whole")).unwrap(), Comparison::Equal);
        }
        fs_err::remove_file(data.path().join(FILE)).unwrap();
        fs_err::set_permissions(data.path(), std::fs::Permissions::from_mode(0o555)).unwrap();
        assert_eq!(compare(data.path(), &path, &sha256(b"whole")).unwrap(), Comparison::Equal);
        fs_err::set_permissions(data.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let nowhere = data.path().join("no/such/folder");
        assert_eq!(compare(&nowhere, &path, &sha256(b"whole")).unwrap(), Comparison::Equal);
        assert!(!nowhere.exists());
    }

    #[test]
    fn a_link_in_the_place_of_the_memory_is_not_followed() {
        let (data, path) = folder(b"whole");
        let mine = data.path().join("mine.txt");
        fs_err::write(&mine, "my notes").unwrap();
        fs_err::os::unix::fs::symlink(&mine, data.path().join(FILE)).unwrap();
        assert_eq!(compare(data.path(), &path, &sha256(b"whole")).unwrap(), Comparison::Equal);
        assert_eq!(fs_err::read_to_string(&mine).unwrap(), "my notes");
        assert!(fs_err::symlink_metadata(data.path().join(FILE)).unwrap().is_symlink());
    }
}
