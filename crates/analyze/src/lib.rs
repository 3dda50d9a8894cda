//! Stage `analyze`: a look inside the tuned network, and the report.
//!
//! What the first layer looks for ([`filters`]), what every layer answers to a few chosen pictures
//! ([`activations`]), which part of a picture carries the decision ([`occlusion`]), and how the
//! network arranges the whole data set ([`map`]). [`page`] puts it all, with what `train` and
//! `evaluate` found, into one HTML file.

mod activations;
mod check;
mod choose;
mod filters;
mod map;
mod occlusion;
mod page;
mod pca;
mod pictures;
mod tsne;
mod tuned;
mod upstream;

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use pipeline::cli::{Common, run_stage};
use pipeline::dataset::Dataset;
use pipeline::{Config, Finished, HintExt, Run, Stage, Summary};

use crate::tuned::Tuned;
use crate::upstream::Results;

/// Look inside the tuned network and write the report
///
/// Reads artifacts/preprocess/, train/ and evaluate/; writes first-layer filters, feature maps,
/// occlusion maps, a t-SNE map and artifacts/analyze/report.html, one file that needs nothing else.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Examples:\n  analyze --set 'analyze.layers=[\"conv5\", \"pool5\"]'\n  analyze --set 'analyze.pictures=[\"<id in dataset.csv>\"]' --set analyze.tsne.layer=pool5"
)]
struct Cli {
    #[command(flatten)]
    common: Common,
}

/// Parses the command line, runs the stage, and gives its exit code.
pub fn run() -> ExitCode {
    run_stage(&Analyze, &Cli::parse().common)
}

struct Analyze;

impl Stage for Analyze {
    const NAME: &'static str = "analyze";
    const FORMAT: u32 = 1;
    const UPSTREAM: &'static [&'static str] = &["preprocess", "train", "evaluate"];
    const CONFIG: &'static [&'static str] = &["seed", "analyze"];

    fn inputs(&self, config: &Config) -> Result<BTreeMap<String, String>> {
        let mut inputs = upstream::configurations(&config.artifacts)?
            .into_iter()
            .map(|(stage, text)| (format!("configuration of {stage}"), pipeline::short_hash(text.as_bytes())))
            .collect::<BTreeMap<_, _>>();
        let runtime = runtime::identity(&config.data).hint("run `just setup`")?;
        inputs.insert("onnxruntime".to_owned(), runtime);
        Ok(inputs)
    }

    fn check(&self, config: &Config) -> Result<()> {
        check::check(config)
    }

    fn run(&self, run: &Run) -> Result<()> {
        runtime::load(&runtime::locate(&run.config.data)).hint("run `just setup`")?;
        let dataset = Dataset::read(&run.upstream("preprocess"))?;
        let tuned = Tuned::open(&run.upstream("train"), run.threads())?;
        let results = Results::read(run, &dataset)?;
        let chosen = choose::choose(&run.config.analyze, &dataset, &results)?;
        filters::write(run, &tuned)?;
        activations::write(run, &tuned, &dataset, &chosen)?;
        occlusion::write(run, &tuned, &dataset, &chosen)?;
        map::write(run, &tuned, &dataset)?;
        page::write(run, &tuned, &dataset, &results, &chosen)
    }

    fn summary(&self, done: &Finished) -> Result<Summary> {
        let report = done.folder.join(page::FILE);
        let size = fs_err::metadata(&report)?.len() as f64 / 1e6;
        Ok(Summary { headline: format!("{} ({size:.1} MB)", report.display()), ..Summary::default() })
    }
}
