//! Files that cannot be used, each with its reason.

use std::path::Path;

use crate::view::Run;
use anyhow::{Context, Result};
use pipeline::HintExt;
use serde::{Deserialize, Serialize};

/// A file that cannot be used: a row of `quarantine.csv`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Refused {
    /// What the user knows it by.
    pub path: String,
    /// Why, in words.
    pub reason: String,
    /// The class it was found for; empty when it was found for none.
    pub class: String,
}

/// All that was refused so far.
#[derive(Debug)]
pub(crate) struct Quarantine(Vec<Refused>);

const FILE: &str = "quarantine.csv";

impl Quarantine {
    pub(crate) fn new(refused: Vec<Refused>) -> Self {
        Self(refused)
    }

    pub(crate) fn add(&mut self, class: String, path: String, reason: impl Into<String>) {
        self.0.push(Refused { path, reason: reason.into(), class });
    }

    /// Writes `quarantine.csv`, sorted.
    pub(crate) fn write(&mut self, run: &Run) -> Result<()> {
        self.0.sort();
        for refused in &self.0 {
            tracing::warn!(path = refused.path, reason = refused.reason, "quarantined");
        }
        let rows = self.0.iter().map(|refused| [&refused.path, &refused.reason, &refused.class]);
        run.write_csv(FILE, &["path", "reason", "class"], rows)
    }

    /// Reads what [`Quarantine::write`] wrote to `folder`.
    pub(crate) fn read(folder: &Path) -> Result<Vec<Refused>> {
        let path = folder.join(FILE);
        let again = "run `just preprocess --force`";
        let text = fs_err::read(&path).hint(again)?;
        let rows: Result<_, csv::Error> = csv::Reader::from_reader(text.as_slice()).deserialize().collect();
        rows.with_context(|| format!("{} is damaged", path.display())).hint(again)
    }
}
