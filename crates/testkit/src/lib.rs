//! For tests only: pictures drawn on the spot, files that break readers, workspaces that vanish.
//!
//! It depends on no other crate of this project, so that every one of them can use it. What it
//! makes is made from nothing: no fixture is committed, and two runs make the same bytes.
//!
//! Its functions panic when they fail, as tests do.
#![allow(clippy::missing_panics_doc, clippy::unwrap_used)]

pub mod files;
pub mod hostile;
mod paths;
pub mod pictures;
mod workspace;

pub use paths::{binary, runtime_library, workspace_root};
pub use workspace::Workspace;
