//! Stage `train`: tunes a pre-trained network on the user's images.
//!
//! 1. `cut` appends a new head to the network and cuts it below the deepest trained layer (`depth`).
//! 2. The trunk below the cut runs once for each image. `features` caches the results.
//! 3. The part above the cut is trained once for each combination of the sweep (`sweep`, `trial`). A trial writes a
//!    checkpoint after every epoch (`checkpoint`).
//! 4. `tuned` joins the trunk and the trial with the least validation loss, and saves them as one model.
//!
//! `train find-lr` is a stage of its own that searches for a learning rate (`find_lr`).

mod ahead;
mod batches;
mod check;
mod checkpoint;
mod context;
mod curves;
mod cut;
mod depth;
mod estimate;
mod examples;
mod features;
mod find_lr;
mod halving;
mod history;
mod identity;
mod live;
mod schedule;
mod settings;
mod side_by_side;
mod stage;
mod summary;
mod sweep;
mod tables;
mod trial;
mod tuned;
mod view;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use pipeline::cli::{Common, run_stage};

use crate::find_lr::FindLr;
use crate::stage::Train;

const EXAMPLES: &str = "Examples:
  train --set train.max_epochs=20 --set 'train.sweep.hidden=[[], [64]]'
  train --set train.tune=c5 --set train.schedule=cosine --set 'train.sweep.copies=[2]'
  train find-lr";

/// Tune a pre-trained network on the images
///
/// Reads artifacts/preprocess/, trains every combination of train.tune and [train.sweep], and saves the network with the
/// least validation loss as artifacts/train/model.onnx. Also writes model.json, trials.csv, history.csv, curves.svg and
/// sweep.svg. A stopped or killed run resumes after its last epoch when it is started again.
#[derive(Debug, Parser)]
#[command(name = "train", version, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Search for a good learning rate: train while the rate rises, and watch the loss
    ///
    /// Uses the first depth and the first value of each list of [train.sweep]. Writes the curve, its chart and the
    /// suggestion to artifacts/find-lr/, and prints the line for pipeline.toml.
    #[command(name = "find-lr", after_help = "Example:\n  train find-lr --set train.tune=c5")]
    FindLr {
        /// Run even when everything is up to date
        #[arg(long)]
        force: bool,
        /// Print whether the stage would run, and why, without running it
        #[arg(long)]
        dry_run: bool,
    },
}

/// Parses the command line, runs the stage, and returns its exit code.
pub fn run() -> ExitCode {
    let Cli { mut common, command } = Cli::parse();
    match command {
        None => run_stage(&Train, &common),
        Some(Command::FindLr { force, dry_run }) => {
            common.force |= force;
            common.dry_run |= dry_run;
            run_stage(&FindLr, &common)
        }
    }
}
