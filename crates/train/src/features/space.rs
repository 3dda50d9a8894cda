//! The check of the free disk space.

use std::path::Path;

use anyhow::{Result, anyhow};
use pipeline::HintExt;

/// Returns an error when the file system of `folder` has fewer than `need` free bytes. `what` describes the data.
pub(super) fn check(folder: &Path, need: u64, what: &str) -> Result<()> {
    match free(folder) {
        Some(free) if free < need => Err(anyhow!(
            "{what} need {} in {}, but only {} are free",
            mebibytes(need),
            folder.display(),
            mebibytes(free)
        ))
        .hint("free some disk space, or try fewer depths or copies"),
        _ => Ok(()),
    }
}

/// Returns the free bytes for `folder`, or `None` when the system does not tell.
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
    fn the_error_states_the_size_and_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        check(folder.path(), 1, "the features").unwrap();
        let error = check(folder.path(), 1 << 62, "the features of 9 images").unwrap_err();
        let text = pipeline::error::render(&error);
        let place = folder.path().display().to_string();
        assert!(text.contains("the features of 9 images need 4398046511104.0 MiB") && text.contains(&place), "{text}");
        assert!(text.contains("hint: free some disk space"), "{text}");
    }
}
