//! The locks and configurations of the stages before the report.

use std::path::Path;

use anyhow::Result;
use contract::STAGES;
use pipeline::{Lock, StageFolder};

/// The lock and the configuration of a finished stage.
pub(crate) struct FinishedStage {
    /// The stage's lock.
    pub lock: Lock,
    /// Its resolved configuration.
    pub configuration: String,
}

impl FinishedStage {
    /// Reads the locks and configurations of the stages before the report, in their order. A stage that has not finished
    /// is left out.
    pub(crate) fn read_all(artifacts: &Path) -> Result<Vec<Self>> {
        let mut found = Vec::new();
        for stage in STAGES {
            let folder = StageFolder::new(artifacts, stage);
            if let Some(lock) = folder.read_lock()? {
                found.push(Self { lock, configuration: folder.configuration()? });
            }
        }
        Ok(found)
    }
}
