//! The models and files that training and the rewrite write. No test here loads the runtime.

#![allow(clippy::unwrap_used)]

mod files;
mod gradients;
mod hostile;
#[path = "../../../graph/tests/it/nets.rs"]
mod nets;
mod rewrite;
mod tuning;
