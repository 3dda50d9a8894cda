//! Stage `train`: a new head on a frozen trunk.
//!
//! The network is cut where the new head goes; what lies below runs once for each picture in an
//! inference session and is cached ([`features`]); the head is trained with ONNX Runtime's training
//! API once for each combination of the sweep ([`sweep`], [`trial`]); the trial with the best
//! validation loss is put on the trunk again and saved as one model ([`tuned`]).

mod ahead;
mod cut;
mod depth;
mod examples;
mod features;
mod masks;
mod sweep;
mod tables;
mod trial;
mod tuned;

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use pipeline::cli::{Common, run_stage};
use pipeline::dataset::Dataset;
use pipeline::{Config, Finished, HintExt, Run, Stage, Summary};

use crate::cut::Base;
use crate::examples::Examples;

/// Train a new head on the frozen trunk of a pre-trained network
///
/// Reads artifacts/preprocess/, tries every combination of [train.sweep], and writes the one with the
/// best validation loss to artifacts/train/model.onnx, with model.json, trials.csv and history.csv.
#[derive(Debug, Parser)]
#[command(version, after_help = "Example:\n  train --set train.max_epochs=20 --set 'train.sweep.hidden=[[], [64]]'")]
struct Cli {
    #[command(flatten)]
    common: Common,
}

/// Parses the command line, runs the stage, and gives its exit code.
pub fn run() -> ExitCode {
    run_stage(&Train, &Cli::parse().common)
}

struct Train;

impl Stage for Train {
    const NAME: &'static str = "train";
    const FORMAT: u32 = 2;
    const UPSTREAM: &'static [&'static str] = &["preprocess"];
    const CONFIG: &'static [&'static str] = &["seed", "model", "train"];
    const CACHES: &'static [&'static str] = &["features"];

    fn inputs(&self, config: &Config) -> Result<BTreeMap<String, String>> {
        let (network, _) = zoo::Network::open(&config.data, &config.model.network).hint("run `just setup`")?;
        Ok(BTreeMap::from([
            ("onnxruntime".to_owned(), runtime::identity(&config.data).hint("run `just setup`")?),
            (format!("network {}", network.name), zoo::sha256(network.to_json().as_bytes())),
        ]))
    }

    fn run(&self, run: &Run) -> Result<()> {
        runtime::load(&runtime::locate(&run.config.data)).hint("run `just setup`")?;
        let dataset = Dataset::read(&run.upstream("preprocess"))?;
        let base = Base::open(run.config)?;
        let examples = Examples::new(&dataset)?;
        let sweep = sweep::run(run, &base, &dataset, &examples)?;
        tables::write(run, &sweep)?;
        tuned::save(run, &base, &sweep, &dataset, &examples).context("cannot save the tuned network")
    }

    fn summary(&self, done: &Finished) -> Result<Summary> {
        tables::summary(&done.folder)
    }
}
