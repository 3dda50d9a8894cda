//! The engine that every stage runs on: configuration, artifact folders, cache keys, locks, resume, the common command
//! line, progress, and errors with hints.
//!
//! A stage implements [`Stage`] and passes itself to [`cli::run_stage`], which reads the configuration, decides whether
//! the stage has to run, runs it, and publishes its outputs together with a lock. The engine does not know what
//! the stages compute, nor the keys of a configuration.

mod board;
pub mod cli;
pub mod config;
pub mod error;
mod exit;
mod facts;
mod files;
mod folder;
mod key;
mod log;
mod manifest;
mod message;
mod overlap;
mod panics;
mod pieces;
mod problems;
mod progress;
pub mod regular;
mod run;
mod scope;
mod sealed;
mod seed;
pub mod spreadsheet;
mod stage;
pub mod stop;
mod table;
mod through;
mod writer;

pub use board::Board;
pub use config::Environment;
pub use error::{HintExt, HintFrom, run_again};
pub use exit::Exit;
pub use files::{AtomicFile, remove, write_atomic};
pub use folder::{Lock, StageFolder};
pub use key::Key;
pub use manifest::{Manifest, ManifestEntry};
pub use message::print_message;
pub use pieces::FOLDER as PIECES;
pub use problems::Problems;
pub use progress::Progress;
pub use run::Run;
pub use scope::{Scope, Seeded};
pub use sealed::Seal;
pub use seed::rng;
pub use stage::{Finished, Stage, Summary};
pub use table::{Align, Table};
pub use through::WriteThrough;

/// Returns the first 16 hex digits of the BLAKE3 hash of `bytes`, which names files.
pub fn short_hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..16].to_owned()
}

/// Returns `threads`, or the number of cores for 0.
pub fn thread_count(threads: usize) -> usize {
    if threads > 0 { threads } else { std::thread::available_parallelism().map_or(1, std::num::NonZero::get) }
}
