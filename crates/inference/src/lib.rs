//! Runs networks on images.
//!
//! - [`Classifier`] returns the probabilities of the classes.
//! - [`Layers`] returns the values of any tensors of a network.
//! - [`Trunk`] computes the part of a network below a cut, with the operators of crate `runtime`.
//! - [`read`] and [`in_batches`] read the images, several at once, and form batches of them.
//! - [`argmax`] and [`top`] choose the most probable classes. They treat NaN in one way.
//!
//! The crate takes a network as a description ([`zoo::Network`]), a model and images of the network's size. It knows
//! no stages and no folders of artifacts. A caller loads ONNX Runtime with [`runtime::load`] first.

mod argmax;
mod classifier;
mod error;
mod images;
mod layers;
mod session;
mod trunk;

pub use argmax::{argmax, top};
pub use classifier::Classifier;
pub use error::Error;
pub use images::{BATCH, in_batches, read};
pub use layers::Layers;
pub use trunk::Trunk;
