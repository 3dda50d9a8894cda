//! The options that all sides of the training benchmark share.

use std::path::PathBuf;

use clap::Args;

/// The work that every side does.
#[derive(Args, Clone, Debug)]
pub(crate) struct Work {
    /// Passes over the images
    #[arg(long, default_value_t = 10)]
    pub(crate) epochs: usize,
    /// Images per step
    #[arg(long, default_value_t = 32)]
    pub(crate) batch: usize,
    /// Threads of each side
    #[arg(long, default_value_t = 2)]
    pub(crate) threads: usize,
    /// The maximum number of images
    #[arg(long, default_value_t = 360)]
    pub(crate) count: usize,
    /// The data folder with the runtime and the networks
    #[arg(long, default_value = "data")]
    pub(crate) data: PathBuf,
    /// The folder for decoded images and the environments of the peers
    #[arg(long, default_value = "target/bench")]
    pub(crate) scratch: PathBuf,
}
