//! Writes into the data folder, and says plainly why it cannot.

use std::io::{self, ErrorKind};
use std::path::Path;

use anyhow::Result;
use pipeline::HintExt;

/// Room for the largest package, what pip makes of it, and what is installed.
const NEEDED: &str = "300 MB";

/// What to do when the system does not let setup write.
pub fn hint(kind: ErrorKind) -> String {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            format!("the disk is full: free {NEEDED}, or choose a folder on another disk with --data FOLDER")
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "the folder is not writable: change that, or choose another one with --data FOLDER".to_owned()
        }
        _ => "is that a folder one can write to? --data FOLDER chooses another".to_owned(),
    }
}

/// The result with a hint that fits the error.
pub fn hinted<T>(result: io::Result<T>) -> Result<T> {
    match result {
        Ok(value) => Ok(value),
        Err(error) => {
            let hint = hint(error.kind());
            Err(error).hint(hint)
        }
    }
}

/// Makes a folder and those above it.
pub fn create_folder(folder: &Path) -> Result<()> {
    hinted(fs_err::create_dir_all(folder))
}

/// Writes a file and waits until it is on the disk.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    hinted((|| {
        use io::Write;
        let mut file = fs_err::File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    })())
}

/// Makes `bytes` appear at `target` whole. `scratch` is a folder on the same disk.
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
    fn a_full_disk_and_a_read_only_folder_have_hints_of_their_own() {
        let full = hinted::<()>(Err(ErrorKind::StorageFull.into())).unwrap_err();
        insta::assert_snapshot!(pipeline::error::render(&full), @r"
        error: no storage space
        hint: the disk is full: free 300 MB, or choose a folder on another disk with --data FOLDER
        ");
        let read_only = hinted::<()>(Err(ErrorKind::ReadOnlyFilesystem.into())).unwrap_err();
        insta::assert_snapshot!(pipeline::error::render(&read_only), @r"
        error: read-only filesystem or storage medium
        hint: the folder is not writable: change that, or choose another one with --data FOLDER
        ");
    }
}
