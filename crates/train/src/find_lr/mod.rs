//! `train find-lr`: the learning rate range test (Smith 2017, "Cyclical learning rates", section 3.3).
//!
//! The test trains the network for a few epochs while the learning rate rises exponentially. The loss stays constant
//! while the rate is too low, falls while the rate is suitable, and rises when the rate is too high. The test is a stage
//! of its own, so it runs again only after a change.

mod outputs;
mod range;
mod view;

use std::collections::BTreeMap;

use anyhow::Result;
use contract::Dataset;
use contract::stages;
use pipeline::{Finished, HintFrom, Run, Scope, Stage, Summary, stop};
use runtime::{RuntimeError, Trainer};

use crate::check::check;
use crate::context::TrainContext;
use crate::cut::Base;
use crate::examples::Examples;
use crate::settings;
use crate::stage;
use crate::trial::Task;
use range::Range;
use view::FindLrView;

/// Stage `find-lr`.
#[derive(Debug)]
pub(crate) struct FindLr;

impl Stage for FindLr {
    type Root = contract::Config;
    type Config = FindLrView;

    const NAME: &'static str = stages::FIND_LR;
    const FORMAT: u32 = 1;
    const UPSTREAM: &'static [&'static str] = &[stages::PREPROCESS];

    fn inputs(&self, scope: Scope<FindLrView>) -> Result<BTreeMap<String, String>> {
        stage::inputs(Scope { config: &scope.config.as_train(), environment: scope.environment })
    }

    fn check(&self, scope: Scope<FindLrView>) -> Result<()> {
        let config = scope.config.as_train();
        check(Scope { config: &config, environment: scope.environment }, &settings::grid(&config.train)[..1])
    }

    fn run(&self, run: &Run<FindLrView>) -> Result<()> {
        let config = run.config.as_train();
        let run = &run.with_config(&config);
        runtime::load_from(&run.environment.data).hint_from(RuntimeError::advice)?;
        let dataset = Dataset::read(run.artifacts())?;
        let base = Base::open(run.scope())?;
        let examples = Examples::new(&dataset)?;
        let context = TrainContext { run, base: &base, dataset: &dataset, examples: &examples };
        // The first trial of the grid has the first depth and the first value of each list.
        let grid = settings::grid(&run.config.train);
        let settings = &grid[0];
        let cut = context.cut(settings)?;
        let features = context.features(&cut)?;
        let threads = context.threads(&cut)?;
        let range = test(&Task { run, settings, cut: &cut, features: &features, examples: &examples, threads })?;
        outputs::write(run, settings, range.curve())
    }

    fn summary(&self, done: &Finished<FindLrView>) -> Result<Summary> {
        outputs::summary(&done.folder)
    }
}

/// Trains with a rising learning rate until the test is over.
fn test(task: &Task) -> Result<Range> {
    let artifacts = task.artifacts()?;
    let mut trainer = Trainer::new(&artifacts.files(task.examples.classes), task.threads)?;
    let source = task.source(&artifacts);
    let mut range = Range::default();
    for epoch in 0.. {
        source.epoch(epoch, |batches| -> Result<()> {
            for batch in batches {
                let Some(rate) = range.next() else { break };
                stop::check()?;
                let batch = batch?;
                range.add(f64::from(trainer.step(&batch.views(), &batch.labels, rate as f32)?));
            }
            Ok(())
        })?;
        if range.next().is_none() {
            break;
        }
    }
    Ok(range)
}
