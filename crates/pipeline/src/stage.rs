//! What a stage is.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;

use crate::{Config, Run, Table};

/// One step of the pipeline: reads upstream folders, writes its own.
pub trait Stage {
    /// Its name: of its binary, its folder below `artifacts/` and its section of the configuration.
    const NAME: &'static str;
    /// Raised when its outputs would differ for the same inputs.
    const FORMAT: u32;
    /// The stages whose folders it reads.
    const UPSTREAM: &'static [&'static str];
    /// The configuration it reads: dotted keys, whole sections or single values.
    const CONFIG: &'static [&'static str];
    /// Sub-folders of its own that survive from run to run: caches, no outputs.
    const CACHES: &'static [&'static str] = &[];

    /// Sub-folders of its own that survive until a run of it finishes: where a killed run was, no outputs either.
    const CHECKPOINTS: &'static [&'static str] = &[];

    /// What else its outputs depend on, by name: versions and hashes of what lies outside `artifacts/`.
    fn inputs(&self, config: &Config) -> Result<BTreeMap<String, String>>;

    /// Refuses what the configuration asks for in vain, before anything is given up for the new run.
    fn check(&self, config: &Config) -> Result<()> {
        let _ = config;
        Ok(())
    }

    /// Why to run again although nothing that the outputs depend on has changed: work left undone, or asked for by a
    /// switch of the stage's own. `done` is its finished folder.
    fn due(&self, done: &Finished) -> Result<Vec<String>> {
        let _ = done;
        Ok(Vec::new())
    }

    /// What a run would do, for `--dry-run` of a stage whose reasons alone do not tell.
    fn plan(&self, config: &Config) -> Result<Vec<Table>> {
        let _ = config;
        Ok(Vec::new())
    }

    /// Does the work. The stage's folder is empty but for its caches.
    fn run(&self, run: &Run) -> Result<()>;

    /// What to tell of the outputs on disk, after a run as well as when nothing had to run.
    fn summary(&self, done: &Finished) -> Result<Summary>;
}

/// A stage's folder with all its outputs in place.
#[derive(Debug)]
pub struct Finished<'a> {
    /// The configuration of this call.
    pub config: &'a Config,
    /// The stage's folder.
    pub folder: PathBuf,
}

/// What a stage tells when it is done.
#[derive(Debug, Default)]
pub struct Summary {
    /// One line: what there is now.
    pub headline: String,
    /// The tables for stdout.
    pub tables: Vec<Table>,
    /// Inputs that could not be used; under `--strict` any of them makes exit code 4.
    pub rejected: usize,
    /// Gates of the configuration that were not met, in words; any of them makes exit code 3.
    pub unmet: Vec<String>,
}
