//! Tests of the crate `runtime`. One program has all of them, because each program takes seconds to build.
#![allow(clippy::unwrap_used, missing_docs)]

mod adamw;
#[path = "../../graph/tests/it/altered.rs"]
mod altered;
mod common;
mod gradients;
mod head_gradient;
mod loss;
mod models;
#[path = "../../graph/tests/it/nets.rs"]
mod nets;
mod own_operators;
mod pytorch;
mod repackage;
mod session;
mod trainer;
