//! The stage `analyze`: looks inside the tuned network and writes the report.
//!
//! | module | analyzes |
//! |---|---|
//! | `layers` | parameters and multiply-adds of the layers |
//! | `weights` | weights before and after tuning |
//! | `activations` | activations for chosen images and for the whole data set |
//! | `maps` | saliency maps: which part of an image decides |
//! | `tsne` | the embedding of the data set |
//!
//! `page` writes the results, together with those of `train` and `evaluate`, into one HTML file. `command` parses the command line.

mod activations;
mod check;
mod choose;
mod command;
mod features;
mod given;
mod layers;
mod maps;
mod page;
mod pictures;
mod tsne;
mod tuned;
mod upstream;
mod view;
mod weights;

use std::collections::BTreeMap;

use crate::view::{AnalyzeView, Finished, Run, Scope};
use anyhow::Result;
use contract::Dataset;
use contract::stages;
use contract::tables::activations::FOLDER;
use pipeline::{HintExt, Stage, Summary, stop};

pub use crate::command::run;
use crate::tuned::Tuned;
use crate::upstream::Results;

struct Analyze;

impl Stage for Analyze {
    type Root = contract::Config;
    type Config = AnalyzeView;

    const NAME: &'static str = stages::ANALYZE;
    const FORMAT: u32 = 6;
    const UPSTREAM: &'static [&'static str] = &[stages::PREPROCESS, stages::TRAIN, stages::EVALUATE];
    const CHECKPOINTS: &'static [&'static str] = &[pipeline::PIECES];

    fn inputs(&self, scope: Scope) -> Result<BTreeMap<String, String>> {
        let mut inputs = upstream::configurations(&scope.environment.artifacts)?
            .into_iter()
            .map(|(stage, text)| (format!("configuration of {stage}"), pipeline::short_hash(text.as_bytes())))
            .collect::<BTreeMap<_, _>>();
        let runtime = runtime::identity(&scope.environment.data).hint("run `just setup`")?;
        inputs.insert("onnxruntime".to_owned(), runtime);
        inputs.extend(given::inputs(&scope.config.analyze.images));
        Ok(inputs)
    }

    fn check(&self, scope: Scope) -> Result<()> {
        check::check(scope)
    }

    fn run(&self, run: &Run) -> Result<()> {
        runtime::load(&runtime::locate(&run.environment.data)).hint("run `just setup`")?;
        let dataset = Dataset::read(run.artifacts())?;
        let tuned = Tuned::open(&run.upstream(stages::TRAIN), run.threads())?;
        let results = Results::read(run, &dataset)?;
        let chosen = choose::choose(run, &tuned, &dataset, &results)?;
        layers::write(run, &tuned)?;
        weights::write(run, &tuned)?;
        let watched = activations::layers(run, &tuned);
        activations::write(run, &tuned, &dataset, &chosen, &watched, FOLDER)?;
        activations::write_top(run, &tuned, &dataset, &watched, FOLDER)?;
        stop::check()?;
        maps::write(run, &tuned, &dataset, &chosen)?;
        stop::check()?;
        tsne::write(run, &tuned, &dataset)?;
        stop::check()?;
        page::write(run, &tuned, &dataset, &results, &chosen)
    }

    fn summary(&self, done: &Finished) -> Result<Summary> {
        let report = done.folder.join(page::FILE);
        let size = fs_err::metadata(&report)?.len() as f64 / 1e6;
        Ok(Summary {
            headline: format!("{} ({size:.1} MB)", report.display()),
            rejected: given::rejected(&done.folder)?,
            ..Summary::default()
        })
    }
}
