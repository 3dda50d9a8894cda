//! Helpers for tests: small images, image files of every kind, hostile files, and temporary workspaces.
//!
//! The crate depends on no other crate of the project, so every crate can use it. It computes all data, so the
//! repository contains no binary fixtures. Two runs compute the same bytes.
//!
//! The functions panic when they fail.
#![allow(clippy::missing_panics_doc, clippy::unwrap_used)]

pub mod files;
pub mod hostile;
pub mod images;
mod paths;
pub mod server;
mod workspace;

pub use paths::{binary, runtime_library, workspace_root};
pub use server::Server;
pub use workspace::Workspace;
