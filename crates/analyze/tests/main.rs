//! Tests of the crate `analyze`. One program has all of them, because each program takes seconds to build.
#![allow(clippy::unwrap_used, missing_docs)]

mod fields;
mod layers;
mod maps;
mod report;
mod stage;
mod support;
