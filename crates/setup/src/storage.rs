//! Writes files into the data folder. Errors have a hint for the user.

use std::io::{self, ErrorKind};
use std::path::Path;

use anyhow::Result;
use pipeline::HintExt;

/// The disk space for the largest package, its temporary files and the installed files.
const NEEDED: &str = "300 MB";

/// The kind of object at a path. Links are not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathKind {
    /// Nothing.
    Nothing,
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// Something else, such as a pipe.
    Other,
}

impl PathKind {
    /// Returns what is at `path`. A path that cannot be examined counts as nothing, and a later access reports the error.
    pub fn of(path: &Path) -> Self {
        match fs_err::symlink_metadata(path).map(|found| found.file_type()) {
            Ok(kind) if kind.is_symlink() => Self::Link,
            Ok(kind) if kind.is_file() => Self::File,
            Ok(kind) if kind.is_dir() => Self::Folder,
            Ok(_) => Self::Other,
            Err(_) => Self::Nothing,
        }
    }
}

/// Returns what the user can do when a write fails.
pub fn hint(kind: ErrorKind) -> String {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            format!("free {NEEDED} on the disk, or choose a folder on another disk with --data FOLDER")
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "make the folder writable, or choose another folder with --data FOLDER".to_owned()
        }
        _ => "choose a folder that you can write to with --data FOLDER".to_owned(),
    }
}

/// Adds a hint that fits the error.
pub fn hinted<T>(result: io::Result<T>) -> Result<T> {
    match result {
        Ok(value) => Ok(value),
        Err(error) => {
            let hint = hint(error.kind());
            Err(error).hint(hint)
        }
    }
}

/// Creates a folder and its parents.
pub fn create_folder(folder: &Path) -> Result<()> {
    hinted(fs_err::create_dir_all(folder))
}

/// Writes a file and flushes it to the disk.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    hinted((|| {
        use io::Write;
        let mut file = fs_err::File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    })())
}

/// Renames the file `from` to `to`, and replaces what is there.
pub fn replace(from: &Path, to: &Path) -> Result<()> {
    hinted(fs_err::rename(from, to))
}

/// Renames the file `from` to `to`.
///
/// # Errors
/// Returns an error when `to` exists. Nothing is replaced.
pub fn rename_new(from: &Path, to: &Path) -> Result<()> {
    hinted(no_replace(from, to).map_err(|error| {
        io::Error::new(error.kind(), format!("cannot rename {} to {}: {error}", from.display(), to.display()))
    }))
}

#[cfg(target_os = "linux")]
fn no_replace(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Some network file systems do not have this operation.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => rename_checked(from, to),
        result => Ok(result?),
    }
}

#[cfg(not(target_os = "linux"))]
fn no_replace(from: &Path, to: &Path) -> io::Result<()> {
    rename_checked(from, to)
}

/// Renames `from` to `to` after a check that `to` does not exist. Another program can create `to` in between.
fn rename_checked(from: &Path, to: &Path) -> io::Result<()> {
    if PathKind::of(to) != PathKind::Nothing {
        return Err(ErrorKind::AlreadyExists.into());
    }
    std::fs::rename(from, to)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_hint_depends_on_the_error() {
        let full = hinted::<()>(Err(ErrorKind::StorageFull.into())).unwrap_err();
        insta::assert_snapshot!(pipeline::error::render(&full), @r"
        error: no storage space
        hint: free 300 MB on the disk, or choose a folder on another disk with --data FOLDER
        ");
        let read_only = hinted::<()>(Err(ErrorKind::ReadOnlyFilesystem.into())).unwrap_err();
        insta::assert_snapshot!(pipeline::error::render(&read_only), @r"
        error: read-only filesystem or storage medium
        hint: make the folder writable, or choose another folder with --data FOLDER
        ");
    }

    #[test]
    fn a_new_name_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let [from, to] = ["from", "to"].map(|name| folder.path().join(name));
        fs_err::write(&from, "mine").unwrap();
        fs_err::write(&to, "yours").unwrap();
        for rename in [no_replace, rename_checked] {
            assert_eq!(rename(&from, &to).unwrap_err().kind(), ErrorKind::AlreadyExists);
            assert_eq!(fs_err::read_to_string(&to).unwrap(), "yours");
        }
        fs_err::remove_file(&to).unwrap();
        rename_new(&from, &to).unwrap();
        assert_eq!(fs_err::read_to_string(&to).unwrap(), "mine");
    }
}
