//! The stage `train`: tunes the network on the user's images.
//!
//! The network with its new head is cut below the deepest trained layer (modules `cut` and `depth`). The layers below the cut run once
//! for each image in an inference session, and their features are cached (`features`). ONNX Runtime's training API trains the
//! layers above the cut, once for each trial of the sweep (`sweep`, `trial`). A trial writes a checkpoint after every epoch
//! (`checkpoint`). The head of the best trial is joined with the trunk and saved as one model (`tuned`). `train find-lr` searches for a
//! learning rate (`find_lr`).

mod ahead;
mod batches;
mod check;
mod checkpoint;
mod context;
mod curves;
mod cut;
mod depth;
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

/// Tune a pre-trained network on the pictures
///
/// Reads artifacts/preprocess/, tries every combination of train.tune and [train.sweep], and writes the one with the
/// best validation loss to artifacts/train/model.onnx, with model.json, trials.csv, history.csv, curves.svg and sweep.svg.
/// Stopped at any moment, it goes on where it was when it is started again.
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
    /// Look for a good learning rate: train with an ever higher one and watch the loss
    ///
    /// Takes the first depth and the first value of each list of [train.sweep]. Writes the curve, its plot and the
    /// suggestion to artifacts/find-lr/, and prints the line for pipeline.toml.
    #[command(name = "find-lr", after_help = "Example:\n  train find-lr --set train.tune=c5")]
    FindLr {
        /// Run even when everything is up to date
        #[arg(long)]
        force: bool,
        /// Say whether it would run, and why, without running it
        #[arg(long)]
        dry_run: bool,
    },
}

/// Parses the command line, runs the stage, and gives its exit code.
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
