//! `f32` kernels for convolutional networks: convolutions, matrix products and their updates, in safe Rust.
//!
//! - [`PackedConvolution`], [`input_gradient`] and [`filter_gradient`] compute a convolution and its gradients.
//! - [`PackedMatrices`] multiplies rows by packed matrices (GEMM). [`BlockSparse`] and [`row_sparse`] are products with a left
//!   operand that contains many zeros.
//! - [`patch`] computes the part of a convolution's output that changes when a rectangle of its input changes.
//!
//! Images are `[n, channels, height, width]`, filters `[filters, channels / groups, kernel height, kernel width]`. A convolution is
//! the correlation `y[o] = bias + sum over k of w[k] x[stride o + dilation k - pad]`, where `x` is zero outside of the image. This is
//! the definition of the operator `Conv` in the ONNX standard.
//!
//! The crate has no threads of its own. Work is split into pieces, and an implementation of [`Threads`] runs them. The split does not
//! depend on the number of threads, so results have the same bits with any number of threads.

#![forbid(unsafe_code)]

mod convolution;
mod error;
mod gemm;
mod memory;
pub mod patch;
mod simd;
mod sparse;
mod threads;
mod toom_cook;

pub use convolution::{
    Epilogue, Geometry, MaxPool, PackedConvolution, TiledCost, filter_gradient, input_gradient, tiled_cost,
};
pub use error::Error;
pub use gemm::PackedMatrices;
pub use memory::PooledBuffer;
pub use simd::{LANES, Lanes, padded_lanes};
pub use sparse::BlockSparse;
pub use sparse::rows as row_sparse;
pub use threads::{OneThread, Threads};
