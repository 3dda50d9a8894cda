//! Puts files into the data folder without overwriting what `setup` did not install.
//!
//! The receipt tells what `setup` installed. A file that is not in the receipt belongs to the user and stays. A file that is in the
//! receipt and has changed since gets another name before the installed file is written again.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use installed::{Receipt, sha256, sha256_file};
use pipeline::HintExt;

use crate::storage::{self, PathKind};

/// The object at the path of a file to install.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathState {
    /// Nothing.
    Nothing,
    /// A file with the bytes to install.
    Same,
    /// The file that `setup` installed before, unchanged.
    Installed,
    /// The file that `setup` installed before, with changes.
    Changed,
    /// A file of the user.
    Foreign,
}

impl PathState {
    /// Compares what is at `path` with the bytes to install, and with the SHA-256 in the receipt if it lists the path.
    pub fn at(path: &Path, bytes: &[u8], listed: Option<&str>) -> Self {
        if PathKind::of(path) == PathKind::Nothing {
            return Self::Nothing;
        }
        let found = sha256_file(path).ok();
        match (found, listed) {
            (Some(found), _) if found == sha256(bytes) => Self::Same,
            (Some(found), Some(listed)) if found == listed => Self::Installed,
            (_, Some(_)) => Self::Changed,
            (_, None) => Self::Foreign,
        }
    }
}

/// Returns an error when a path above `file` exists and is no folder, or when `file` exists and is neither a file nor a link.
pub fn check(data: &Path, file: &str) -> Result<()> {
    let path = data.join(file);
    let between = path.ancestors().skip(1).take_while(|folder| *folder != data);
    for folder in
        between.collect::<Vec<_>>().into_iter().rev().filter(|folder| PathKind::of(folder) != PathKind::Nothing)
    {
        check_folder(folder)?;
    }
    check_file(&path)
}

/// Returns an error when `folder` exists and is neither a folder nor a link to one.
pub fn check_folder(folder: &Path) -> Result<()> {
    let wrong = match PathKind::of(folder) {
        PathKind::Nothing | PathKind::Folder => return Ok(()),
        PathKind::Link if folder.is_dir() => return Ok(()),
        PathKind::Link => "a link that leads to no folder",
        PathKind::File => "a file",
        PathKind::Other => "neither a file nor a folder",
    };
    Err(anyhow!("{} is {wrong}, and `setup` needs a folder there", folder.display()))
        .hint("move it away, or choose another folder with --data FOLDER")
}

/// Returns an error when there is something at `path` that is neither a file nor a link.
pub fn check_file(path: &Path) -> Result<()> {
    let wrong = match PathKind::of(path) {
        PathKind::Nothing | PathKind::File | PathKind::Link => return Ok(()),
        PathKind::Folder => "a folder",
        PathKind::Other => "not a regular file",
    };
    Err(anyhow!("{} is {wrong}, and `setup` needs a file there", path.display()))
        .hint("move it away, or choose another folder with --data FOLDER")
}

/// Returns an error when there is something at `path` that is not a regular file. A link would lead to a file of the user.
pub fn check_lock(path: &Path) -> Result<()> {
    check_file(path)?;
    if PathKind::of(path) == PathKind::Link {
        return Err(anyhow!("{} is a link, and `setup` needs a file there", path.display())).hint("remove the link");
    }
    Ok(())
}

/// Writes `bytes` to `path`, depending on what was found there. Returns the new name of a changed file that was there.
///
/// `scratch` is a folder on the same disk. The caller must not pass [`PathState::Foreign`].
pub fn put(scratch: &Path, path: &Path, bytes: &[u8], found: PathState) -> Result<Option<PathBuf>> {
    if found == PathState::Same {
        return Ok(None);
    }
    let temporary = scratch.join("publish");
    storage::write(&temporary, bytes)?;
    if let Some(folder) = path.parent() {
        storage::create_folder(folder)?;
    }
    let kept = match found {
        PathState::Installed => {
            storage::replace(&temporary, path)?;
            return Ok(None);
        }
        PathState::Changed => Some(set_aside(path)?),
        _ => None,
    };
    storage::rename_new(&temporary, path)?;
    Ok(kept)
}

/// Gives a file a new name beside the old one and returns it.
fn set_aside(path: &Path) -> Result<PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let free = (1..).map(|number| path.with_file_name(format!("{name}.changed-{number}")));
    let free = free.into_iter().find(|path| PathKind::of(path) == PathKind::Nothing);
    let aside = free.unwrap_or_else(|| unreachable!("the numbers do not end"));
    storage::rename_new(path, &aside)?;
    Ok(aside)
}

/// Writes the receipt into the folder `data`. Returns the new name of a file that was there and was no receipt.
pub fn put_receipt(scratch: &Path, data: &Path, receipt: &Receipt) -> Result<Option<PathBuf>> {
    let path = data.join(installed::RECEIPT);
    let found = match PathKind::of(&path) {
        PathKind::Nothing => PathState::Nothing,
        PathKind::File if Receipt::read(data).is_some() => PathState::Installed,
        _ => PathState::Changed,
    };
    put(scratch, &path, receipt.to_json().as_bytes(), found)
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use fs_err::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn the_receipt_and_the_bytes_decide_what_a_file_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bin");
        let (old, new) = (sha256(b"old"), b"new");
        assert_eq!(PathState::at(&path, new, Some(&old)), PathState::Nothing);
        for (bytes, listed, unlisted) in [
            (&b"new"[..], PathState::Same, PathState::Same),
            (b"old", PathState::Installed, PathState::Foreign),
            (b"mine", PathState::Changed, PathState::Foreign),
        ] {
            fs_err::write(&path, bytes).unwrap();
            assert_eq!(PathState::at(&path, new, Some(&old)), listed);
            assert_eq!(PathState::at(&path, new, None), unlisted);
        }
        fs_err::remove_file(&path).unwrap();
        symlink("/no/such/file", &path).unwrap();
        assert_eq!(PathState::at(&path, new, None), PathState::Foreign);
        assert_eq!(PathState::at(&path, new, Some(&old)), PathState::Changed);
    }

    #[test]
    fn changed_files_get_names_that_are_free() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/a.bin");
        assert_eq!(put(folder.path(), &path, b"first", PathState::Nothing).unwrap(), None);
        for number in 1..=2 {
            let aside = put(folder.path(), &path, b"again", PathState::Changed).unwrap();
            assert_eq!(aside, Some(folder.path().join(format!("deep/a.bin.changed-{number}"))));
        }
        assert_eq!(fs_err::read(folder.path().join("deep/a.bin.changed-1")).unwrap(), b"first");
        assert!(put(folder.path(), &path, b"other", PathState::Nothing).is_err(), "nothing is replaced by accident");
        assert_eq!(fs_err::read(&path).unwrap(), b"again");
    }

    #[test]
    fn what_blocks_a_place_is_named() {
        let data = tempfile::tempdir().unwrap();
        let message = |file| {
            let text = pipeline::error::render(&check(data.path(), file).unwrap_err());
            text.lines().next().unwrap().replace(&data.path().display().to_string(), "DATA")
        };
        fs_err::write(data.path().join("networks"), "").unwrap();
        fs_err::create_dir_all(data.path().join("runtime/a.so")).unwrap();
        symlink("/no/such/folder", data.path().join("gone")).unwrap();
        assert_eq!(message("networks/a/b"), "error: DATA/networks is a file, and `setup` needs a folder there");
        assert_eq!(message("runtime/a.so"), "error: DATA/runtime/a.so is a folder, and `setup` needs a file there");
        assert_eq!(
            message("gone/a"),
            "error: DATA/gone is a link that leads to no folder, and `setup` needs a folder there"
        );
        symlink(data.path().join("runtime"), data.path().join("moved")).unwrap();
        check(data.path(), "moved/b.so").unwrap();
    }
}
