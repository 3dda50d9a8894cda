//! Stage `report`: the report, from the artifacts of all stages.
//!
//! The stage has a lock of its own, so a changed caption rebuilds the report but not the analyses. Its only output is in the
//! folder of `analyze`, next to the numbers that it links to.

use std::collections::BTreeMap;
use std::path::Path;

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
    const FORMAT: u32 = 2;
    const UPSTREAM: &'static [&'static str] = &[stages::PREPROCESS, stages::TRAIN, stages::EVALUATE, stages::ANALYZE];
    const ELSEWHERE: &'static [(&'static str, &'static str)] = &[(FOLDER, FILE)];

    /// Returns the version of Tunescope and the hash of the cache key of each stage. A hash stands for the lock and the configuration of
    /// the stage, which the report shows.
    fn inputs(&self, scope: Scope<ReportView>) -> Result<BTreeMap<String, String>> {
        let mut inputs = BTreeMap::from([("tunescope".to_owned(), env!("CARGO_PKG_VERSION").to_owned())]);
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

fn path(artifacts: &Path) -> std::path::PathBuf {
    artifacts.join(FOLDER).join(FILE)
}
