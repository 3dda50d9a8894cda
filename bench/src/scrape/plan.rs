//! The options of the download benchmark.

use std::path::PathBuf;

use clap::Args;

/// What is measured.
#[derive(Args, Clone, Debug)]
pub(crate) struct ScrapePlan {
    /// The number of images to download
    #[arg(long, default_value_t = 3000)]
    pub(super) images: usize,
    /// The number of measurements of each side; the page has their median
    #[arg(long, default_value_t = 3)]
    pub(super) rounds: usize,
    /// The numbers of img2dataset processes to try
    #[arg(long, value_delimiter = ',', default_value = "1,2")]
    pub(super) processes: Vec<usize>,
    /// The numbers of threads per img2dataset process to try
    #[arg(long, value_delimiter = ',', default_value = "8,32,256")]
    pub(super) threads: Vec<usize>,
    /// The numbers of concurrent requests of Tunescope to try
    #[arg(long, value_delimiter = ',', default_value = "4,8,16")]
    pub(super) requests: Vec<usize>,
    /// The folder for the images, the environment of the peer, and the downloads, which take gigabytes until the end
    #[arg(long, default_value = "target/bench")]
    pub(super) scratch: PathBuf,
    /// The page to write
    #[arg(long, default_value = "BENCHMARKS-scrape.md")]
    pub(super) page: PathBuf,
}

impl ScrapePlan {
    /// Returns the command-line options that repeat the measurement.
    pub(super) fn options(&self) -> String {
        let list = |values: &[usize]| values.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
        let Self { images, rounds, processes, threads, requests, .. } = self;
        let (processes, threads, requests) = (list(processes), list(threads), list(requests));
        format!("--images {images} --rounds {rounds} --processes {processes} --threads {threads} --requests {requests}")
    }
}
