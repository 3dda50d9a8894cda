//! Tests of the crate `evaluate`. One program has all of them, because each program takes seconds to build.
#![allow(clippy::unwrap_used, missing_docs)]

mod classify;
mod common;
mod metrics;
mod stage;
