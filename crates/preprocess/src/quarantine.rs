//! The files that cannot be used, with the reasons.

use anyhow::Result;
use contract::{Artifact, QuarantineRow};

use crate::view::Run;

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
}
