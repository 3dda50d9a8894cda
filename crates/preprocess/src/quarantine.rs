//! The files that cannot be used, with the reasons.

use std::path::PathBuf;

use anyhow::Result;
use contract::{Artifact, QuarantineRow};

use crate::view::Run;

const FILE: &str = <Vec<QuarantineRow> as Artifact>::FILE;

/// The files that cannot be used, as far as they are known.
#[derive(Debug)]
pub(crate) struct Quarantine(Vec<QuarantineRow>);

impl Quarantine {
    pub(crate) fn new(refused: Vec<QuarantineRow>) -> Self {
        Self(refused)
    }

    pub(crate) fn add(&mut self, class: String, path: String, reason: impl Into<String>) {
        self.0.push(QuarantineRow { path, reason: reason.into(), class });
    }

    /// Writes `quarantine.csv`, sorted.
    pub(crate) fn write(&mut self, run: &Run) -> Result<()> {
        self.0.sort();
        for refused in &self.0 {
            tracing::warn!(path = refused.path, reason = refused.reason, "quarantined");
        }
        self.0.write(run)
    }

    /// Writes the table for a failed run, whose outputs disappear.
    pub(crate) fn write_unfinished(&self, run: &Run) -> Result<()> {
        run.write_unfinished(FILE, &self.0.encode()?)
    }
}

/// Returns the path of the table that [`Quarantine::write_unfinished`] writes.
pub(crate) fn unfinished(run: &Run) -> PathBuf {
    run.unfinished(FILE)
}
