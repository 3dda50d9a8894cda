//! Occlusion sensitivity, with the work of the unchanged image reused.
//!
//! A window changes a rectangle of the image, and with it a rectangle of what each layer computes: larger by the windows of the layer,
//! smaller by its strides. [`plan`] walks the graph and finds these rectangles for every tensor and window, up to the last local layer: a
//! convolution, a pooling or a pointwise node (`graph::local`). From there on, the rest of the network runs as a whole: dense layers by
//! products that leave out zeros ([`dense_layers`]), the layers above them by the runtime.
//!
//! Below that layer, only the rectangles are computed ([`worker`]), by the kernels of [`kernels::patch`]. The values around them are
//! those of the unchanged image.

mod cut;
mod dense_layers;
mod occluder;
mod plan;
mod threads;
mod windows;
mod worker;

pub use occluder::{Occluded, Occluder, Reuse};
pub use windows::Windows;
