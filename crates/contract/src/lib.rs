//! What crosses a border between stages: the configuration, the stage order, and every table that one stage writes and
//! another stage reads.
//!
//! The crate describes data only. It does not know how anything is computed.
//!
//! One serde type stands for each file ([`tables`]). The writer and all readers share the type, so no column and no file
//! name is spelled twice. [`Artifact`] says how such a type is read and written.

mod artifact;
pub mod config;
pub mod stages;
pub mod tables;

pub use artifact::{Artifact, Outputs};
pub use config::Config;
pub use stages::STAGES;
pub use tables::dataset::{Classes, Dataset, Picture, Split};
