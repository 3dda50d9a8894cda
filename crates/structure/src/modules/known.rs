//! The list of cycles that are known and still to be removed.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::Cycle;

/// The contents of `known-cycles.toml`.
///
/// The list can only shrink: [`Known::problems`] also reports an entry that matches no cycle.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    #[serde(default, rename = "cycle")]
    cycles: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(rename = "crate")]
    package: String,
    modules: Vec<String>,
}

impl Known {
    /// Reads the list in `file`.
    ///
    /// # Errors
    /// Returns an error when the file cannot be read or has another form.
    pub fn read(file: &Path) -> Result<Self> {
        let text = fs_err::read_to_string(file)?;
        toml::from_str(&text).with_context(|| format!("cannot read {}", file.display()))
    }

    /// Returns the cycles that are not in the list, and the entries that match no cycle, as messages.
    ///
    /// An entry matches a cycle whose modules are all in it.
    pub fn problems(&self, cycles: &[Cycle]) -> Vec<String> {
        let matches = |entry: &Entry, cycle: &Cycle| {
            entry.package == cycle.package && cycle.modules.iter().all(|module| entry.modules.contains(module))
        };
        let new = cycles.iter().filter(|cycle| !self.cycles.iter().any(|entry| matches(entry, cycle)));
        let gone = self.cycles.iter().filter(|entry| !cycles.iter().any(|cycle| matches(entry, cycle)));
        let gone = gone.map(|entry| {
            let modules = entry.modules.join(", ");
            format!("`known-cycles.toml` lists a cycle of crate `{}` that does not exist: {modules}\nhint: delete the entry", entry.package)
        });
        new.map(Cycle::to_string).chain(gone).collect()
    }
}
