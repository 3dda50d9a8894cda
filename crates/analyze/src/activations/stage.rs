//! `analyze activations`: chosen layers of the tuned network, for chosen pictures and channels, in a folder of its own.
//!
//! A stage beside `analyze`, so what it found is kept, and found again only when something changed.

use std::collections::BTreeMap;

use anyhow::Result;
use contract::Dataset;
use pipeline::{Config, Finished, HintExt, Run, Stage, Summary};

use crate::tuned::Tuned;
use crate::upstream::Results;
use crate::{check, choose, given};

/// Stage `activations`.
#[derive(Debug)]
pub(crate) struct Activations;

impl Stage for Activations {
    const NAME: &'static str = "activations";
    const FORMAT: u32 = 1;
    const UPSTREAM: &'static [&'static str] = &["preprocess", "train", "evaluate"];
    const CONFIG: &'static [&'static str] = &[
        "analyze.pictures_per_class",
        "analyze.pictures",
        "analyze.images",
        "analyze.layers",
        "analyze.activations",
        "preprocess.max_pixels",
        "preprocess.max_memory_mb",
    ];
    const CHECKPOINTS: &'static [&'static str] = &[pipeline::PIECES];

    fn inputs(&self, config: &Config) -> Result<BTreeMap<String, String>> {
        let mut inputs = given::inputs(config);
        inputs.insert("onnxruntime".to_owned(), runtime::identity(&config.data).hint("run `just setup`")?);
        Ok(inputs)
    }

    fn check(&self, config: &Config) -> Result<()> {
        check::pictures_and_layers(config)
    }

    fn run(&self, run: &Run) -> Result<()> {
        runtime::load(&runtime::locate(&run.config.data)).hint("run `just setup`")?;
        let dataset = Dataset::read(run.artifacts())?;
        let tuned = Tuned::open(&run.upstream("train"), run.threads())?;
        let results = Results::read(run, &dataset)?;
        let chosen = choose::choose(run, &tuned, &dataset, &results)?;
        let layers = super::layers(run, &tuned);
        super::write(run, &tuned, &dataset, &chosen, &layers, "")?;
        super::write_top(run, &tuned, &dataset, &layers, "")?;
        Ok(())
    }

    fn summary(&self, done: &Finished) -> Result<Summary> {
        let layers = done.config.analyze.layers.join(", ");
        let headline = format!("{layers}: maps, statistics.csv, top.csv and top/ in {}", done.folder.display());
        Ok(Summary { headline, rejected: given::rejected(&done.folder), ..Summary::default() })
    }
}
