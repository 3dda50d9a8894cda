//! What every stage shares: the configuration, the artifact contract and the command line.
//!
//! A stage implements [`Stage`] and hands itself to [`cli::run_stage`], which reads the
//! configuration, decides whether the stage has to run, runs it, and publishes its outputs
//! together with a lock. Nothing here knows what a picture or a network is.

pub mod cli;
pub mod config;
pub mod error;
mod files;
mod folder;
mod key;
mod log;
mod manifest;
mod pieces;
mod progress;
mod run;
mod seed;
mod stage;
pub mod stop;
mod table;
mod talk;
mod through;
mod writer;

pub use config::Config;
pub use error::{Exit, HintExt};
pub use files::{AtomicFile, write_atomic};
pub use folder::StageFolder;
pub use key::Key;
pub use manifest::{Entry, Manifest};
pub use pieces::FOLDER as PIECES;
pub use progress::{Board, Progress};
pub use run::Run;
pub use seed::rng;
pub use stage::{Finished, Stage, Summary};
pub use table::{Align, Table};
pub use talk::talk;
pub use through::WriteThrough;

/// The first 16 hex digits of a BLAKE3 hash: long enough to name files and pictures.
pub fn short_hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..16].to_owned()
}

/// How many threads `threads` in the configuration means: itself, or all cores for 0.
pub fn thread_count(threads: usize) -> usize {
    if threads > 0 { threads } else { std::thread::available_parallelism().map_or(1, std::num::NonZero::get) }
}
