//! Which part of a picture carries a network's decision.
//!
//! - [`Occluder`] covers the picture window by window ([`Windows`] says where) and asks the network again. What a window
//!   does not touch is taken from the uncovered picture's activations and not computed again: module `reuse`.
//! - [`Backward`] looks back from one class's score: saliency ([`greatest_size`]), guided backpropagation and the
//!   deconvnet's view (by [`graph::Rectifier`]), Grad-CAM ([`grad_cam`]).
//! - [`Fader`] takes pixels away in the order of a map, and tells so how faithful the map is.
//!
//! Nothing here knows files or classes' names; a network is a [`graph::Model`], a picture the network's input
//! `[3, height, width]`.

#![allow(clippy::needless_pass_by_value, reason = "views of arrays are handed over by value, as `ndarray` itself does")]

mod backward;
mod curves;
mod error;
mod occluder;
mod reuse;
mod windows;

pub use backward::{Backward, Looked, enlarged, grad_cam, greatest_size, last_maps};
pub use curves::{Curve, Fader};
pub use error::Error;
pub use occluder::{Occluder, Probed, Reuse};
pub use windows::{Rect, Windows};
