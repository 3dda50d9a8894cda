//! Stage `analyze`.

use std::collections::BTreeMap;

use anyhow::Result;
use contract::stages;
use contract::tables::activations::FOLDER;
use contract::{Artifact, ChosenRow, Dataset, EmbeddingPoint};
use pipeline::{HintFrom, Stage, Summary, stop};
use runtime::RuntimeError;

use crate::tuned::Tuned;
use crate::view::{AnalyzeView, Finished, Run, Scope};
use crate::{activations, check, choose, layers, maps, network, tsne, user_images, weights};

/// Stage `analyze`.
#[derive(Debug)]
pub(crate) struct Analyze;

impl Stage for Analyze {
    type Root = contract::Config;
    type Config = AnalyzeView;

    const NAME: &'static str = stages::ANALYZE;
    const FORMAT: u32 = 9;
    const UPSTREAM: &'static [&'static str] = &[stages::PREPROCESS, stages::TRAIN, stages::EVALUATE];
    const CHECKPOINTS: &'static [&'static str] = &[pipeline::PIECES];

    fn inputs(&self, scope: Scope) -> Result<BTreeMap<String, String>> {
        let runtime = runtime::identity(&scope.environment.data).hint_from(RuntimeError::advice)?;
        let mut inputs = BTreeMap::from([("onnxruntime".to_owned(), runtime)]);
        inputs.extend(user_images::inputs(&scope.config.analyze.images));
        Ok(inputs)
    }

    fn check(&self, scope: Scope) -> Result<()> {
        check::check(scope)
    }

    fn run(&self, run: &Run) -> Result<()> {
        runtime::load_from(&run.environment.data).hint_from(RuntimeError::advice)?;
        let dataset = Dataset::read(run.artifacts())?;
        let tuned = Tuned::open(&run.upstream(stages::TRAIN), run.threads())?;
        let chosen = choose::choose(run, &tuned, &dataset)?;
        network::write(run, &tuned)?;
        layers::write(run, &tuned)?;
        weights::write(run, &tuned)?;
        let watched = activations::layers(run, &tuned);
        activations::write(run, &tuned, &dataset, &chosen, &watched, FOLDER)?;
        activations::write_top(run, &tuned, &dataset, &watched, FOLDER)?;
        stop::check()?;
        maps::write(run, &tuned, &dataset, &chosen)?;
        stop::check()?;
        tsne::write(run, &tuned, &dataset)
    }

    fn summary(&self, done: &Finished) -> Result<Summary> {
        let images = Vec::<ChosenRow>::read_in(&done.folder)?.len();
        let points = Vec::<EmbeddingPoint>::read_in(&done.folder)?.len();
        Ok(Summary {
            headline: format!("{images} images analyzed one by one, {points} images embedded"),
            rejected: user_images::rejected(&done.folder)?,
            ..Summary::default()
        })
    }
}
