//! Convolutions, forward and backward.
//!
//! A convolution without groups and dilations, whose window is a square of 2 to 5 taps once strides are split off, is computed in
//! tiles ([`tiled`]). Every other one is computed as a plain sum ([`direct`]), which is slow.

mod direct;
mod epilogue;
mod filters;
mod geometry;
mod gradients;
mod packed;
mod plan;
mod planes;
mod tiled;
mod tiles;

#[cfg(test)]
mod tests;

pub use epilogue::{Epilogue, MaxPool};
pub use geometry::Geometry;
pub use gradients::{filter_gradient, input_gradient};
pub use packed::PackedConvolution;
pub use plan::{TiledCost, tiled_cost};
