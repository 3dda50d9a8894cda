//! The stage `evaluate`: measures the accuracy of the tuned network and lists its mistakes.
//!
//! The network classifies the images of every split ([`predictions`]). For the test split, the stage also computes the metrics
//! ([`metrics`], [`calibration`], [`wilson`]) and writes a row per image. `evaluate classify` classifies any image files with
//! the tuned network or an installed one ([`classify`]).

pub mod calibration;
mod classifier;
pub mod classify;
mod confusion;
pub mod metrics;
mod outcomes;
mod outputs;
pub mod predictions;
mod stage;
mod summary;
pub mod top_images;
mod view;
pub mod wilson;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use pipeline::cli::{Common, conclude, run_stage};

pub use confusion::{ClassScores, Confusion};
pub use outcomes::Outcomes;
pub use stage::Evaluate;

const EXAMPLES: &str = "Examples:
  evaluate --set evaluate.gate.accuracy=0.9
  evaluate classify photo.jpg
  evaluate classify --network squeezenet photo.jpg";

/// Measure the tuned network on the test split
///
/// Reads artifacts/preprocess/ and artifacts/train/. Writes the metrics, the prediction for every test image, the images with
/// the highest probabilities and all mistakes to artifacts/evaluate/. Ends with exit code 3 when [evaluate.gate] is not met.
#[derive(Debug, Parser)]
#[command(name = "evaluate", version, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the most probable classes of image files, and the time per image
    Classify(classify::Options),
}

/// Runs the stage or the command in the arguments of the process. Returns the exit code.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match &cli.command {
        None => run_stage(&Evaluate, &cli.common),
        Some(Command::Classify(options)) => conclude(|| classify::run(&cli.common, options)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_help_is_complete() {
        let mut command = Cli::command().term_width(100);
        insta::assert_snapshot!("help", command.render_long_help());
        let classify =
            command.find_subcommand_mut("classify").map(|classify| classify.clone().term_width(100).render_help());
        insta::assert_snapshot!("help_classify", classify.unwrap_or_default());
    }
}
