//! Whether there is room for what is about to be written.

use std::path::Path;

use anyhow::{Result, anyhow};
use pipeline::HintExt;

/// An error when the file system of `folder` has less than `need` bytes left; `what` says what they are for.
pub(super) fn check(folder: &Path, need: u64, what: &str) -> Result<()> {
    match free(folder) {
        Some(free) if free < need => Err(anyhow!(
            "{what} need {} in {}, and {} are free there",
            mebibytes(need),
            folder.display(),
            mebibytes(free)
        ))
        .hint("free some space, or try fewer depths or copies"),
        _ => Ok(()),
    }
}

/// The bytes that may still be written in `folder`, where the system tells.
#[cfg(unix)]
fn free(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    found.f_bavail.checked_mul(found.f_frsize)
}

#[cfg(not(unix))]
fn free(_: &Path) -> Option<u64> {
    None
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_how_much_is_needed_and_where() {
        let folder = tempfile::tempdir().unwrap();
        check(folder.path(), 1, "the features").unwrap();
        let error = check(folder.path(), 1 << 62, "the features of 9 pictures").unwrap_err();
        let text = pipeline::error::render(&error);
        let place = folder.path().display().to_string();
        assert!(
            text.contains("the features of 9 pictures need 4398046511104.0 MiB") && text.contains(&place),
            "{text}"
        );
        assert!(text.contains("hint: free some space"), "{text}");
    }
}
