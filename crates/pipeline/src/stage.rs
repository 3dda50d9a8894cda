//! The interface of a stage.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;

use crate::config::Root;
use crate::{Environment, Run, Scope, Table};

/// One step of the pipeline. It reads the folders of earlier stages and writes its own folder.
pub trait Stage {
    /// The configuration of the whole pipeline.
    type Root: Root;

    /// The keys that the stage reads, with the names and the nesting of the configuration file.
    ///
    /// The stage receives this view and nothing else of the configuration, and the cache key is its serialization. A key
    /// that the view does not declare cannot be read. A field with `#[serde(skip)]` is outside the cache key: it must not
    /// change the outputs, or [`Stage::inputs`] must record what it changes.
    type Config: Serialize + for<'a> From<&'a Self::Root>;

    /// The name of the stage and of its folder below `artifacts/`.
    const NAME: &'static str;
    /// The version of the outputs. A developer raises it when the stage writes other outputs for the same inputs.
    const FORMAT: u32;
    /// The stages whose folders this stage reads.
    const UPSTREAM: &'static [&'static str];
    /// Sub-folders of the stage's folder that survive from run to run. They are caches, not outputs.
    const CACHES: &'static [&'static str] = &[];

    /// Sub-folders of the stage's folder that survive until a run finishes. They hold the progress of a stopped run and
    /// are not outputs.
    const CHECKPOINTS: &'static [&'static str] = &[];

    /// Outputs in the folders of other stages: the stage and the file. The other stage is one of [`Stage::UPSTREAM`], and
    /// the file disappears when that stage replaces its outputs. [`Run::write_elsewhere`] writes such a file.
    const ELSEWHERE: &'static [(&'static str, &'static str)] = &[];

    /// Returns what else the outputs depend on, by name: versions and hashes of what lies outside `artifacts/`.
    fn inputs(&self, scope: Scope<Self::Config>) -> Result<BTreeMap<String, String>>;

    /// Rejects a configuration that cannot succeed. The outputs of the last run still exist at this point.
    fn check(&self, scope: Scope<Self::Config>) -> Result<()> {
        let _ = scope;
        Ok(())
    }

    /// Returns reasons to run although no input has changed: work that is left over, or a switch of the command line.
    fn due(&self, done: &Finished<Self::Config>) -> Result<Vec<String>> {
        let _ = done;
        Ok(Vec::new())
    }

    /// Returns tables that show what a run would do, for `--dry-run`.
    fn plan(&self, scope: Scope<Self::Config>) -> Result<Vec<Table>> {
        let _ = scope;
        Ok(Vec::new())
    }

    /// Does the work. [`Run::folder`] is empty when the run begins, and [`Run::home`] holds the caches and checkpoints.
    fn run(&self, run: &Run<Self::Config>) -> Result<()>;

    /// Returns what to report about the outputs, after a run and when the stage is up to date.
    fn summary(&self, done: &Finished<Self::Config>) -> Result<Summary>;
}

/// The folder of a finished stage, with all its outputs.
#[derive(Debug)]
pub struct Finished<'a, C> {
    /// The view of this call's configuration.
    pub config: &'a C,
    /// Folders and threads.
    pub environment: &'a Environment,
    /// The stage's folder.
    pub folder: PathBuf,
}

/// The summary of a finished stage.
#[derive(Debug, Default)]
pub struct Summary {
    /// One line that says what exists now.
    pub headline: String,
    /// The tables for stdout.
    pub tables: Vec<Table>,
    /// Number of inputs that the stage could not use. With `--strict`, any of them causes exit code 4.
    pub rejected: usize,
    /// The gates of the configuration that are not met, in words. Any of them causes exit code 3.
    pub unmet: Vec<String>,
}
