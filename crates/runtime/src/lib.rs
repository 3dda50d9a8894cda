//! ONNX Runtime, the engine that runs and trains the networks, and our own operators for it.
//!
//! - [`load_from`] checks and loads the library that `setup` installed. [`repackage`] makes the library from the vendor's wheel.
//! - [`Session`] runs a model.
//! - [`training`] writes the files of a training, and [`Trainer`] trains from them.
//! - [`with_own_operators`] replaces operators of a model by our own, which take less time.
//!
//! `docs/runtime.md` describes the crate. It is the only crate of the project with `unsafe`, in `library_version.rs`, `mapped.rs`,
//! `operators/pieces.rs` and `operators/threads.rs`.

mod advice;
mod elf;
mod error;
pub mod floats;
mod library_version;
mod load;
mod mapped;
mod operators;
pub mod repackage;
mod rewrite;
mod session;
mod state;
mod trainer;
pub mod training;
mod version;
mod zeros;

pub use error::RuntimeError;
pub use load::{LIBRARY_VARIABLE, identity, load, load_from, locate, named};
pub use mapped::Mapped;
pub use operators::OPERATORS;
pub use rewrite::{Convolutions, fitting, images_per_run, with_own_operators};
pub use session::{Layout, Session};
pub use state::TrainingState;
pub use trainer::{Evaluation, Trainer};
pub use training::TrainingFiles;
pub use version::version;
