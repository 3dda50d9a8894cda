//! The benchmarks against others' programs: the same training in this project, in PyTorch and in TensorFlow, in turn on the same
//! pictures; the same download in this project and in img2dataset, in turn from the same server; and the same occlusion in this
//! project and in Captum, in turn with the same weights; the same points arranged in this project and in openTSNE.
//!
//! `just bench-peers` is the way in to the first, `just bench-scrape` to the second ([`scrape`]), `just bench-occlusion` to the
//! third ([`occlusion`]), `just bench-tsne` to the fourth ([`tsne`]). `bench ours` is one measurement of ours, and `bench peers` sets the peers up, lets all three take turns,
//! and writes BENCHMARKS.md. Each measurement is a process of its own, so its memory is its own.

mod depth;
mod environment;
mod machine;
mod occlusion;
mod ours;
mod page;
mod peers;
mod pictures;
mod result;
mod rounds;
mod scrape;
mod tsne;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::depth::Depth;

/// Measures training against PyTorch and TensorFlow, downloading against img2dataset, occlusion against Captum, t-SNE against openTSNE
#[derive(Parser)]
#[command(
    after_help = "Example:\n  bench peers --rounds 3 --photos ../shared/photos\n  bench ours --depth fc678\n  bench scrape --pictures 3000 --rounds 3"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Ours alone: trains once and writes one line of JSON to stdout
    Ours {
        /// How deep to train
        #[arg(long)]
        depth: Depth,
        #[command(flatten)]
        work: Work,
    },
    /// All three in turn; writes BENCHMARKS.md
    Peers {
        /// Depths to measure
        #[arg(long, value_delimiter = ',', default_value = "fc8,fc678,c5fc678,all")]
        depths: Vec<Depth>,
        /// How often all three take their turn at each depth; medians are told
        #[arg(long, default_value_t = 3)]
        rounds: usize,
        /// Settings of the peers' frameworks are compared over so many epochs of 96 pictures, and the fastest measured
        #[arg(long, default_value_t = 1)]
        trial_epochs: usize,
        /// A folder of pictures, one folder a class; without it, the pictures of artifacts/preprocess
        #[arg(long)]
        photos: Option<PathBuf>,
        /// Where the result is written
        #[arg(long, default_value = "BENCHMARKS.md")]
        page: PathBuf,
        #[command(flatten)]
        work: Work,
    },
    /// Downloads from a server on this machine, here and by img2dataset in turn; writes BENCHMARKS-scrape.md
    Scrape(scrape::Plan),
    /// The server of `scrape`: sends the files of a folder until it is killed, and prints its address
    Serve {
        /// The folder
        folder: PathBuf,
    },
    /// Occlusion of one picture, ours and Captum's in turn; writes BENCHMARKS-occlusion.md
    Occlusion(occlusion::Plan),
    /// Occlusion, ours alone: covers one picture and writes one line of JSON to stdout
    OcclusionOurs(occlusion::Side),
    /// t-SNE of drawn points, ours and openTSNE's in turn; writes BENCHMARKS-tsne.md
    Tsne(tsne::Plan),
    /// t-SNE, ours alone: arranges points and writes one line of JSON to stdout
    TsneOurs(tsne::Side),
}

/// What is the same on all sides.
#[derive(Args, Clone, Debug)]
struct Work {
    /// Passes over the pictures
    #[arg(long, default_value_t = 10)]
    epochs: usize,
    /// Pictures in one step
    #[arg(long, default_value_t = 32)]
    batch: usize,
    /// Threads of each side
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// At most so many pictures
    #[arg(long, default_value_t = 360)]
    count: usize,
    /// Where setup has installed the runtime and the networks
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// Scratch: decoded pictures and the peers' environments
    #[arg(long, default_value = "target/bench")]
    scratch: PathBuf,
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Scrape(plan) => scrape::run(&plan),
        Command::Serve { folder } => scrape::serve(&folder),
        Command::Occlusion(plan) => occlusion::run(&plan),
        Command::OcclusionOurs(side) => occlusion::side(&side),
        Command::Tsne(plan) => tsne::run(&plan),
        Command::TsneOurs(side) => tsne::side(&side),
        Command::Ours { depth, work } => ours::run(depth, &work),
        Command::Peers { depths, rounds, trial_epochs, photos, page, work } => {
            rounds::run(&rounds::Plan { depths, rounds, trial_epochs, page }, photos.as_deref(), &work)
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            pipeline::talk(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
