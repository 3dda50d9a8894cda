//! Writes files into the data folder. Errors have a hint for the user.

use std::io::{self, ErrorKind};
use std::path::Path;

use anyhow::Result;
use pipeline::HintExt;

/// The disk space for the largest package, its temporary files and the installed files.
const NEEDED: &str = "300 MB";

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

/// Writes the file `target` atomically. `scratch` is a folder on the same disk.
pub fn publish(scratch: &Path, target: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = scratch.join("publish");
    write(&temporary, bytes)?;
    if let Some(folder) = target.parent() {
        create_folder(folder)?;
    }
    hinted(fs_err::rename(&temporary, target))
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
}
