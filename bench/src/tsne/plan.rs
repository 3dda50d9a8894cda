//! The options of the t-SNE benchmark.

use std::path::PathBuf;

use clap::Args;

pub(super) const PERPLEXITY: f64 = 30.0;
/// The numbers of iterations with exaggerated attraction and without.
pub(super) const ITERATIONS: [usize; 2] = [250, 500];
/// The values of openTSNE's `negative_gradient_method` and `neighbors` that are tried. Its defaults up to 10,000 points are the
/// first pair.
pub(super) const SETTINGS: [[&str; 2]; 4] = [["bh", "annoy"], ["bh", "exact"], ["fft", "annoy"], ["fft", "exact"]];
/// The most points for which Barnes-Hut is tried. openTSNE itself does not use it for more.
pub(super) const BARNES_HUT: usize = 10_000;

/// What is measured.
#[derive(Args, Clone, Debug)]
pub(crate) struct TsnePlan {
    /// Numbers of points
    #[arg(long, value_delimiter = ',', default_value = "5000,20000")]
    pub(super) points: Vec<usize>,
    /// How often both take turns; the page has medians
    #[arg(long, default_value_t = 3)]
    pub(super) rounds: usize,
    /// Threads of each program
    #[arg(long, default_value_t = 2)]
    pub(super) threads: usize,
    /// Scratch folder for points, layouts and openTSNE's environment
    #[arg(long, default_value = "target/bench")]
    pub(super) scratch: PathBuf,
    /// Where the result is written
    #[arg(long, default_value = "BENCHMARKS-tsne.md")]
    pub(super) page: PathBuf,
}

/// One measurement of our engine, which `bench tsne` starts.
#[derive(Args, Clone, Debug)]
pub(crate) struct Single {
    /// The points, [n, d], .npy
    #[arg(long)]
    pub(super) points: PathBuf,
    #[arg(long, default_value_t = 2)]
    pub(super) threads: usize,
    /// Where the positions are written, .npy
    #[arg(long)]
    pub(super) map: PathBuf,
}
