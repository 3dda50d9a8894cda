//! ONNX Runtime, the engine that runs and trains the networks.
//!
//! [`load`] loads its library, which `setup` installed; then [`Session`] runs a model and
//! [`Trainer`] trains one. [`repackage`] makes the library from the vendor's wheel.
//! This is the only crate of the project with `unsafe`, and it keeps that to `base.rs`, `mapped.rs`,
//! `operators/pieces.rs` and `operators/threads.rs`.

mod base;
mod elf;
mod error;
mod load;
mod mapped;
mod operators;
pub mod repackage;
mod rewrite;
mod session;
mod state;
mod trainer;
pub mod training;
mod zeros;

pub use error::RuntimeError;
pub use load::{LIBRARY_VARIABLE, identity, load, locate, named};
pub use mapped::Mapped;
pub use operators::OPERATORS;
pub use rewrite::{Convolutions, images_per_run, with_own_operators};
pub use session::{Layout, Session};
pub use trainer::{Evaluation, Trainer};
pub use training::TrainingFiles;

/// The version of ONNX Runtime that this crate works with: the last one the vendor built with training.
const VERSION: &str = "1.19.2";

/// The version of ONNX Runtime in use. [`load`] takes no other, so this needs nothing loaded.
pub fn version() -> String {
    VERSION.to_owned()
}
