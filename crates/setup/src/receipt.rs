//! The file `setup.json` in the data folder. It lists the installed parts, their sources and the hashes of their files.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::archive::sha256_file;
use crate::part::Part;
use crate::storage;

const FILE: &str = "setup.json";

/// The installed parts by name.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Receipt(BTreeMap<String, Installed>);

#[derive(Debug, Serialize, Deserialize)]
struct Installed {
    /// The source of the part at the time of installation.
    source: String,
    /// The SHA-256 of each file by its path in the data folder.
    files: BTreeMap<String, String>,
}

/// Why a part needs to be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It is not in `setup.json`.
    New,
    /// Its source or its list of files has changed.
    Outdated,
    /// One of its files is missing.
    Missing(String),
    /// One of its files has another hash.
    Damaged(String),
    /// The user asked for it with `--force`.
    Forced,
}

impl fmt::Display for Reason {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::New => write!(to, "not installed"),
            Self::Outdated => write!(to, "installed from another source"),
            Self::Missing(file) => write!(to, "{file} is missing"),
            Self::Damaged(file) => write!(to, "{file} is damaged"),
            Self::Forced => write!(to, "--force is set"),
        }
    }
}

impl Receipt {
    /// Reads `setup.json` in the folder `data`. A missing or damaged file counts as empty, and all parts are then installed
    /// again.
    pub fn read(data: &Path) -> Self {
        let text = fs_err::read(data.join(FILE)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Returns why `part` needs to be installed, or `None` when its files are complete and unchanged.
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

    /// Records that `part` is installed with files of these SHA-256 hashes.
    pub fn record(&mut self, part: &Part, files: BTreeMap<String, String>) {
        self.0.insert(part.name.clone(), Installed { source: part.source.clone(), files });
    }

    /// Writes `setup.json` into the folder `data`. `scratch` is a folder on the same disk.
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
