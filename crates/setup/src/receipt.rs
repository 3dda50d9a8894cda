//! What was installed, from what, with which bytes: `setup.json` in the data folder.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::archive::sha256_file;
use crate::part::Part;
use crate::storage;

const FILE: &str = "setup.json";

/// The parts installed, by name.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Receipt(BTreeMap<String, Installed>);

#[derive(Debug, Serialize, Deserialize)]
struct Installed {
    /// The part's source when it was made.
    source: String,
    /// SHA-256 of each file, by its path in the data folder.
    files: BTreeMap<String, String>,
}

/// Why a part has to be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It never was, or the receipt is gone.
    New,
    /// It would be made from something else, or otherwise, now.
    Outdated,
    /// A file of it is not there.
    Missing(String),
    /// A file of it has other bytes than were installed.
    Damaged(String),
    /// The user wants it again.
    Forced,
}

impl fmt::Display for Reason {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::New => write!(to, "it is not installed"),
            Self::Outdated => write!(to, "what is installed was made from something else"),
            Self::Missing(file) => write!(to, "{file} is missing"),
            Self::Damaged(file) => write!(to, "{file} is damaged"),
            Self::Forced => write!(to, "--force is set"),
        }
    }
}

impl Receipt {
    /// Reads the data folder's receipt. One that is missing or unreadable counts as empty: then
    /// everything is installed anew.
    pub fn read(data: &Path) -> Self {
        let text = fs_err::read(data.join(FILE)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Why `part` has to be installed; `None` when all its files are as they were installed.
    pub fn reason(&self, part: &Part, data: &Path) -> Option<Reason> {
        let Some(installed) = self.0.get(&part.name) else { return Some(Reason::New) };
        if installed.source != part.source || !installed.files.keys().eq(sorted(&part.files)) {
            return Some(Reason::Outdated);
        }
        installed.files.iter().find_map(|(file, sha256)| {
            let path = data.join(file);
            let name = || path.display().to_string();
            match sha256_file(&path) {
                Ok(found) if found == *sha256 => None,
                Ok(_) => Some(Reason::Damaged(name())),
                Err(_) => Some(Reason::Missing(name())),
            }
        })
    }

    /// Notes that `part` is installed with files of these hashes.
    pub fn note(&mut self, part: &Part, files: BTreeMap<String, String>) {
        self.0.insert(part.name.clone(), Installed { source: part.source.clone(), files });
    }

    /// Writes the receipt into the data folder.
    pub fn write(&self, scratch: &Path, data: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        storage::publish(scratch, &data.join(FILE), text.as_bytes())
    }
}

fn sorted(files: &[String]) -> impl Iterator<Item = &String> {
    let mut files: Vec<_> = files.iter().collect();
    files.sort_unstable();
    files.into_iter()
}
