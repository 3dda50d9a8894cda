//! Benchmarks against other programs.
//!
//! | command | compares | page |
//! |---|---|---|
//! | `just bench-peers` ([`rounds`]) | training with PyTorch and TensorFlow | BENCHMARKS.md |
//! | `just bench-scrape` ([`scrape`]) | downloading with img2dataset | BENCHMARKS-scrape.md |
//! | `just bench-occlusion` ([`occlusion`]) | occlusion with Captum | BENCHMARKS-occlusion.md |
//! | `just bench-tsne` ([`tsne`]) | t-SNE with openTSNE | BENCHMARKS-tsne.md |
//!
//! The sides take turns on the same data. Each measurement runs in a separate process, so that memory is counted per
//! measurement.

mod depth;
mod environment;
mod images;
mod machine;
mod occlusion;
mod ours;
mod page;
mod peers;
mod result;
mod rounds;
mod scrape;
mod tsne;
mod work;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::depth::Depth;
use crate::work::Work;

/// Compare training with PyTorch and TensorFlow, downloading with img2dataset, occlusion with Captum, t-SNE with openTSNE
#[derive(Parser)]
#[command(
    after_help = "Example:\n  bench peers --rounds 3 --photos ../shared/photos\n  bench ours --depth fc678\n  bench scrape --images 3000 --rounds 3"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Train once with Tunescope and write one line of JSON to stdout
    Ours {
        /// The deepest layer to train
        #[arg(long)]
        depth: Depth,
        #[command(flatten)]
        work: Work,
    },
    /// Compare training with PyTorch and TensorFlow, and write BENCHMARKS.md
    Peers {
        /// The depths to measure
        #[arg(long, value_delimiter = ',', default_value = "fc8,fc678,c5fc678,all")]
        depths: Vec<Depth>,
        /// The number of measurements of each side at each depth; the page has their median
        #[arg(long, default_value_t = 3)]
        rounds: usize,
        /// The number of epochs with 96 images for choosing the fastest settings of each peer
        #[arg(long, default_value_t = 1)]
        trial_epochs: usize,
        /// A folder with one folder of images per class [default: the images of artifacts/preprocess]
        #[arg(long)]
        photos: Option<PathBuf>,
        /// The page to write
        #[arg(long, default_value = "BENCHMARKS.md")]
        page: PathBuf,
        #[command(flatten)]
        work: Work,
    },
    /// Compare downloading with img2dataset, and write BENCHMARKS-scrape.md
    Scrape(scrape::ScrapePlan),
    /// Serve the files of a folder for `scrape` and print the address
    Serve {
        /// The folder to serve
        folder: PathBuf,
    },
    /// Occlusion of one image, ours and Captum's in turn; writes BENCHMARKS-occlusion.md
    Occlusion(occlusion::ComparisonPlan),
    /// Occlusion, ours alone: covers one image and writes one line of JSON to stdout
    OcclusionOurs(occlusion::OcclusionSide),
    /// t-SNE of drawn points, ours and openTSNE's in turn; writes BENCHMARKS-tsne.md
    Tsne(tsne::TsnePlan),
    /// t-SNE by our engine alone: lays out points and prints one line of JSON
    TsneOurs(tsne::Single),
    /// t-SNE of drawn points by both engines of crate `embedding`; prints time and quality
    TsneEngines(tsne::engines::EnginesPlan),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Scrape(plan) => scrape::run(&plan),
        Command::Serve { folder } => scrape::serve(&folder),
        Command::Occlusion(plan) => occlusion::run(&plan),
        Command::OcclusionOurs(side) => occlusion::side(&side),
        Command::Tsne(plan) => tsne::run(&plan),
        Command::TsneOurs(side) => tsne::single(&side),
        Command::TsneEngines(plan) => tsne::engines::run(&plan),
        Command::Ours { depth, work } => ours::run(depth, &work),
        Command::Peers { depths, rounds, trial_epochs, photos, page, work } => {
            rounds::run(&rounds::TrainingPlan { depths, rounds, trial_epochs, page }, photos.as_deref(), &work)
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            pipeline::print_message(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
