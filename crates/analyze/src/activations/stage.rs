//! Stage `activations`: the command `analyze activations` for chosen layers, images and channels.
//!
//! It is a stage of its own with its own folder. It therefore keeps its results and runs again only when something changed.

use std::collections::BTreeMap;

use anyhow::Result;
use contract::Dataset;
use contract::stages;
use pipeline::{Finished, HintFrom, Run, Scope, Stage, Summary};
use runtime::RuntimeError;

use super::view::ActivationsView;
use crate::tuned::Tuned;
use crate::{check, choose, user_images};

/// Stage `activations`.
#[derive(Debug)]
pub(crate) struct Activations;

impl Stage for Activations {
    type Root = contract::Config;
    type Config = ActivationsView;

    const NAME: &'static str = stages::ACTIVATIONS;
    const FORMAT: u32 = 3;
    const UPSTREAM: &'static [&'static str] = &[stages::PREPROCESS, stages::TRAIN, stages::EVALUATE];
    const CHECKPOINTS: &'static [&'static str] = &[pipeline::PIECES];

    fn inputs(&self, scope: Scope<ActivationsView>) -> Result<BTreeMap<String, String>> {
        let mut inputs = user_images::inputs(&scope.config.analyze.images);
        inputs.insert(
            "onnxruntime".to_owned(),
            runtime::identity(&scope.environment.data).hint_from(RuntimeError::advice)?,
        );
        Ok(inputs)
    }

    fn check(&self, scope: Scope<ActivationsView>) -> Result<()> {
        check::images_and_layers(Scope { config: &scope.config.as_analyze(), environment: scope.environment })
    }

    fn run(&self, run: &Run<ActivationsView>) -> Result<()> {
        let config = run.config.as_analyze();
        let run = &run.with_config(&config);
        runtime::load_from(&run.environment.data).hint_from(RuntimeError::advice)?;
        let dataset = Dataset::read(run.artifacts())?;
        let tuned = Tuned::open(&run.upstream(stages::TRAIN), run.threads())?;
        let chosen = choose::choose(run, &tuned, &dataset)?;
        let layers = super::layers(run, &tuned);
        super::write(run, &tuned, &dataset, &chosen, &layers, "")?;
        super::write_top(run, &tuned, &dataset, &layers, "")?;
        Ok(())
    }

    fn summary(&self, done: &Finished<ActivationsView>) -> Result<Summary> {
        let layers = done.config.analyze.layers.join(", ");
        let headline = format!("{layers}: maps, statistics.csv, top.csv and top/ in {}", done.folder.display());
        Ok(Summary { headline, rejected: user_images::rejected(&done.folder)?, ..Summary::default() })
    }
}
