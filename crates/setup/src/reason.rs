//! The reasons to install a part.

use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

use installed::{Receipt, sha256_file};

use crate::part::Part;
use crate::storage::PathKind;

/// The reason to install a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It is not in the receipt.
    New,
    /// It is not in the receipt, but one of its files exists.
    Unlisted(String),
    /// Its source or its list of files has changed.
    Outdated,
    /// One of its files is missing.
    Missing(String),
    /// One of its files has another hash.
    Changed(String),
    /// One of its files cannot be read.
    Unreadable(String, String),
    /// `--force` is set.
    Forced,
}

impl fmt::Display for Reason {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::New => write!(to, "not installed"),
            Self::Unlisted(file) => write!(to, "not installed, but {file} exists"),
            Self::Outdated => write!(to, "installed from another source"),
            Self::Missing(file) => write!(to, "{file} is missing"),
            Self::Changed(file) => write!(to, "{file} is damaged or changed"),
            Self::Unreadable(file, why) => write!(to, "{file} cannot be read: {why}"),
            Self::Forced => write!(to, "--force is set"),
        }
    }
}

impl Reason {
    /// Returns why `part` needs to be installed into the folder `data`, or `None` when its files are complete and unchanged. It reads
    /// all files and writes nothing.
    pub fn of(part: &Part, data: &Path, receipt: &Receipt) -> Option<Self> {
        let Some(installed) = receipt.part(&part.name) else {
            let paths = part.files.iter().map(|file| data.join(file));
            let there = paths.into_iter().find(|path| PathKind::of(path) != PathKind::Nothing);
            return Some(there.map_or(Self::New, |path| Self::Unlisted(path.display().to_string())));
        };
        if installed.source != part.source || !installed.files.keys().eq(sorted(&part.files)) {
            return Some(Self::Outdated);
        }
        installed.files.iter().find_map(|(file, sha256)| {
            let path = data.join(file);
            let name = path.display().to_string();
            match sha256_file(&path) {
                Ok(found) if found == *sha256 => None,
                Ok(_) => Some(Self::Changed(name)),
                Err(error) if error.kind() == ErrorKind::NotFound => Some(Self::Missing(name)),
                Err(error) => Some(Self::Unreadable(name, error.kind().to_string())),
            }
        })
    }

    /// Returns whether the part was installed before.
    pub fn is_repair(&self) -> bool {
        matches!(self, Self::Outdated | Self::Missing(_) | Self::Changed(_) | Self::Unreadable(..))
    }
}

fn sorted(files: &[String]) -> impl Iterator<Item = &String> {
    let mut files: Vec<_> = files.iter().collect();
    files.sort_unstable();
    files.into_iter()
}
