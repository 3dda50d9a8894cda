//! Tests of the training files and of the rewrite to our own operators. They do not load ONNX Runtime.

#![allow(clippy::unwrap_used)]

#[path = "../../../graph/tests/it/altered.rs"]
mod altered;
mod files;
mod gradients;
mod hostile;
#[path = "../../../graph/tests/it/nets.rs"]
mod nets;
mod rewrite;
mod tuning;
