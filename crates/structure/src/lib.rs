//! Checks the structure of the workspace. `just lint` runs it.
//!
//! Two rules hold:
//! - **Modules.** The modules of a crate use each other without a cycle ([`modules`]).
//! - **Crates.** A crate depends only on the crates that `layers.toml` lists for it, and those lie in lower layers ([`layers`]).
//!   The table of crates in ARCHITECTURE.md is generated from the same file.
//!
//! The check parses the source with `syn`. It does not compile anything and takes less than a second.

pub mod layers;
pub mod modules;
