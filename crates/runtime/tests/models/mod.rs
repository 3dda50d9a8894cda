//! Tests of the training files and of the rewrite to our own operators.

mod files;
mod gradients;
mod hostile;
mod rewrite;
mod tuning;
