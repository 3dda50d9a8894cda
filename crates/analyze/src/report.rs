//! Stage `report`: the report, from the artifacts of all stages.
//!
//! The stage has a lock of its own, and this program is one of its inputs, so a changed caption rebuilds the report but not the
//! analyses. Its only output is in the folder of `analyze`, next to the numbers that it links to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use contract::tables::report::{FILE, FOLDER};
use contract::{Config, STAGES, stages};
use pipeline::{Finished, Run, Scope, Stage, StageFolder, Summary};
use serde::Serialize;

/// Stage `report`.
#[derive(Debug)]
pub(crate) struct Report;

/// The keys that `report` reads. It reads none, because everything that it shows is in the artifacts.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ReportView {}

impl From<&Config> for ReportView {
    fn from(_: &Config) -> Self {
        Self {}
    }
}

impl Stage for Report {
    type Root = Config;
    type Config = ReportView;

    const NAME: &'static str = stages::REPORT;
    // Stays as it is: the hash of the program changes with everything that the page consists of.
    const FORMAT: u32 = 2;
    const UPSTREAM: &'static [&'static str] = &[stages::PREPROCESS, stages::TRAIN, stages::EVALUATE, stages::ANALYZE];
    const ELSEWHERE: &'static [(&'static str, &'static str)] = &[(FOLDER, FILE)];

    /// Returns the hash of this program and the hash of the cache key of each stage. The latter stands for the lock and the configuration
    /// of the stage, which the report shows.
    fn inputs(&self, scope: Scope<ReportView>) -> Result<BTreeMap<String, String>> {
        let mut inputs = BTreeMap::from([("program".to_owned(), program())]);
        for stage in STAGES {
            if let Some(lock) = StageFolder::new(&scope.environment.artifacts, stage).read_lock()? {
                inputs.insert(format!("cache key of {stage}"), lock.key_hash);
            }
        }
        Ok(inputs)
    }

    fn run(&self, run: &Run<ReportView>) -> Result<()> {
        run.say("composing the report");
        let html = report_pages::html(run.artifacts())?;
        run.write_elsewhere(FOLDER, FILE, html.as_bytes())
    }

    fn summary(&self, done: &Finished<ReportView>) -> Result<Summary> {
        let path = path(&done.environment.artifacts);
        let size = fs_err::metadata(&path)?.len() as f64 / 1e6;
        Ok(Summary { headline: format!("{} ({size:.1} MB)", path.display()), ..Summary::default() })
    }
}

/// Returns the hash of the file of this program, or its version when the file cannot be read.
fn program() -> String {
    // On Linux, this path opens the running program even after a build has replaced its file.
    let path = if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() };
    let hash = path.and_then(|path| Ok(blake3::Hasher::new().update_mmap_rayon(path)?.finalize()));
    hash.map_or_else(|_| env!("CARGO_PKG_VERSION").to_owned(), |hash| hash.to_hex().to_string())
}

fn path(artifacts: &Path) -> PathBuf {
    artifacts.join(FOLDER).join(FILE)
}
