//! The stage: what its outputs depend on, and the order of its work.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use contract::Dataset;
use contract::stages;
use pipeline::{HintFrom, Stage, Summary};
use runtime::RuntimeError;
use zoo::ZooError;

use crate::check::check;
use crate::context::TrainContext;
use crate::cut::Base;
use crate::examples::Examples;
use crate::identity::{CHECKPOINTS, FORMAT};
use crate::settings;
use crate::sweep;
use crate::view::{Finished, Run, Scope, TrainView};
use crate::{curves, summary, tables, tuned};

/// Stage `train`.
#[derive(Debug)]
pub(crate) struct Train;

impl Stage for Train {
    type Root = contract::Config;
    type Config = TrainView;

    const NAME: &'static str = stages::TRAIN;
    const FORMAT: u32 = FORMAT;
    const UPSTREAM: &'static [&'static str] = &[stages::PREPROCESS];
    const CACHES: &'static [&'static str] = &["features"];
    const CHECKPOINTS: &'static [&'static str] = &[CHECKPOINTS];

    fn inputs(&self, scope: Scope) -> Result<BTreeMap<String, String>> {
        inputs(scope)
    }

    fn check(&self, scope: Scope) -> Result<()> {
        check(scope, &settings::grid(&scope.config.train))
    }

    fn run(&self, run: &Run) -> Result<()> {
        runtime::load_from(&run.environment.data).hint_from(RuntimeError::advice)?;
        let dataset = Dataset::read(run.artifacts())?;
        let base = Base::open(run.scope())?;
        let examples = Examples::new(&dataset)?;
        let context = TrainContext { run, base: &base, dataset: &dataset, examples: &examples };
        let sweep = sweep::run(&context)?;
        tables::write(run, &sweep, &examples)?;
        curves::write(run, &sweep)?;
        tuned::save(run, &base, &sweep, &dataset, &examples).context("cannot save the tuned network")
    }

    fn summary(&self, done: &Finished) -> Result<Summary> {
        summary::of(&done.environment.artifacts)
    }
}

/// Returns what training depends on besides the configuration and the artifacts.
pub(crate) fn inputs(scope: Scope) -> Result<BTreeMap<String, String>> {
    let (network, _) =
        zoo::Network::open(&scope.environment.data, &scope.config.model.network).hint_from(ZooError::advice)?;
    Ok(BTreeMap::from([
        ("onnxruntime".to_owned(), runtime::identity(&scope.environment.data).hint_from(RuntimeError::advice)?),
        ("own operators".to_owned(), runtime::OPERATORS.to_string()),
        (format!("network {}", network.name), zoo::sha256(network.to_json().as_bytes())),
    ]))
}
