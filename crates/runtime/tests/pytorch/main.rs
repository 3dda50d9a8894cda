//! What `graph` differentiates and `runtime` trains, against what `PyTorch` computes for the same networks, weights and
//! images. `reference/` holds its numbers and the scripts that made them. Of the same networks, our own convolutions
//! against the runtime's.
#![allow(clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;
mod curve;
mod gradient;
mod networks;
mod own_convolution;
mod values;
