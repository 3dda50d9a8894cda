//! The stage: classifies the images of every split, writes the tables and checks the gate.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow};
use contract::stages;
use contract::{Dataset, Split};
use pipeline::{HintExt, HintFrom, Stage, Summary};
use runtime::RuntimeError;

use crate::view::{EvaluateView, Finished, Run, Scope};
use crate::{calibration, classifier, metrics, outputs, predictions, summary};

/// The stage `evaluate`.
#[derive(Debug)]
pub struct Evaluate;

impl Stage for Evaluate {
    type Root = contract::Config;
    type Config = EvaluateView;

    const NAME: &'static str = stages::EVALUATE;
    const FORMAT: u32 = 2;
    const UPSTREAM: &'static [&'static str] = &[stages::PREPROCESS, stages::TRAIN];
    // The gate is not part of the cache key: it decides the exit code and changes no output.

    fn inputs(&self, scope: Scope) -> Result<BTreeMap<String, String>> {
        let runtime = runtime::identity(&scope.environment.data).hint_from(RuntimeError::advice)?;
        Ok(BTreeMap::from([("onnxruntime".to_owned(), runtime)]))
    }

    fn run(&self, run: &Run) -> Result<()> {
        let dataset = Dataset::read(run.artifacts())?;
        let mut classifier = classifier::tuned(run.environment)?;
        let progress = run.progress("predicting", dataset.images.len());
        let (mut splits, mut test) = (Vec::new(), None);
        for split in [Split::Train, Split::Val, Split::Test] {
            if let Some(judged) = predictions::judge(&mut classifier, &dataset, split, &progress)? {
                splits.push(metrics::of_split(&judged));
                if split == Split::Test {
                    test = Some(judged);
                }
            }
        }
        progress.finish();
        let test = test
            .ok_or_else(|| anyhow!("the test split has no images"))
            .hint("add images, or raise preprocess.split.test")?;
        let settings = &run.config.evaluate;
        let bins = calibration::bins(&test.outcomes, settings.calibration_bins);
        let found = metrics::of_test(&test, splits, &dataset.classes, settings.calibration_bins);
        outputs::write(run, &found, &test, &bins)
    }

    fn summary(&self, done: &Finished) -> Result<Summary> {
        summary::of(&done.environment.artifacts, &done.config.gate)
    }
}
