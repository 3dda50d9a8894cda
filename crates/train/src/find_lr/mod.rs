//! `train find-lr`: the learning rate range test (Smith 2017, "Cyclical learning rates", section 3.3).
//!
//! The network is trained for a few epochs while the rate rises exponentially. Where it is far too low the loss stands
//! still, where it is right the loss falls, and where it is too high the loss goes up. A stage of its own, so what it
//! finds is kept, and found again only when something changed.

mod outputs;
mod range;

use std::collections::BTreeMap;

use anyhow::Result;
use contract::Dataset;
use pipeline::{Config, Finished, HintExt, Run, Stage, Summary, stop};
use runtime::Trainer;

use crate::check::check;
use crate::context::TrainContext;
use crate::cut::Base;
use crate::examples::Examples;
use crate::settings::Settings;
use crate::stage;
use crate::trial::{Task, files};
use range::Range;

/// Stage `find-lr`.
#[derive(Debug)]
pub(crate) struct FindLr;

impl Stage for FindLr {
    const NAME: &'static str = "find-lr";
    const FORMAT: u32 = 1;
    const UPSTREAM: &'static [&'static str] = &["preprocess"];
    const CONFIG: &'static [&'static str] = &[
        "seed",
        "model",
        "train.tune",
        "train.batch_size",
        "train.trunk_rate",
        "train.class_weights",
        "train.label_smoothing",
        "train.augment",
        "train.sweep.hidden",
        "train.sweep.copies",
        "train.sweep.dropout",
        "train.sweep.weight_decay",
    ];

    fn inputs(&self, config: &Config) -> Result<BTreeMap<String, String>> {
        stage::inputs(config)
    }

    fn check(&self, config: &Config) -> Result<()> {
        check(config, &Settings::grid(&config.train)[..1])
    }

    fn run(&self, run: &Run) -> Result<()> {
        runtime::load(&runtime::locate(&run.config.data)).hint("run `just setup`")?;
        let dataset = Dataset::read(run.artifacts())?;
        let base = Base::open(run.config)?;
        let examples = Examples::new(&dataset)?;
        let context = TrainContext { run, base: &base, dataset: &dataset, examples: &examples };
        // The first depth and the first value of each list: what the grid begins with.
        let grid = Settings::grid(&run.config.train);
        let settings = &grid[0];
        let cut = context.cut(settings)?;
        let features = context.features(&cut)?;
        let threads = context.threads(&cut)?;
        let range = test(&Task { run, settings, cut: &cut, features: &features, examples: &examples, threads })?;
        outputs::write(run, settings, range.curve())
    }

    fn summary(&self, done: &Finished) -> Result<Summary> {
        outputs::summary(&done.folder)
    }
}

/// Trains with an ever higher rate until the test is over.
fn test(task: &Task) -> Result<Range> {
    let artifacts = task.artifacts()?;
    let mut trainer = Trainer::new(&files(&artifacts, task.examples.classes), task.threads)?;
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
