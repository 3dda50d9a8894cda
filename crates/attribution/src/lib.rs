//! Attribution: which part of an image a network's prediction depends on.
//!
//! - [`Occluder`] covers the image window by window ([`Windows`]) and runs the network again. Layers that a window does not reach as a
//!   whole are computed only where the window changes them (`docs/occlusion.md`).
//! - [`ScoreGradients`] follows the score of one class back to the image: saliency ([`greatest_size`]), guided backpropagation and the
//!   deconvnet ([`graph::Rectifier`]), and Grad-CAM ([`grad_cam`]).
//! - [`PixelFader`] changes pixels in the order of a saliency map, which shows how faithful the map is.
//!
//! A network is a [`graph::Model`], an image the input of the network, `[3, height, width]`. The crate knows neither files nor the names
//! of classes.

#![allow(clippy::needless_pass_by_value, reason = "views of arrays are passed by value, as in `ndarray` itself")]

mod curves;
mod error;
mod gradients;
mod occlusion;
mod rows;

pub use curves::{Curve, PixelFader};
pub use error::Error;
pub use gradients::{Gradients, ScoreGradients, enlarged, grad_cam, greatest_size, last_maps};
pub use kernels::patch::Rect;
pub use occlusion::{Occluded, Occluder, Reuse, Windows};
