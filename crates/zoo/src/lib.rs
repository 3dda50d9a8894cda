//! The networks by name: where their weights come from, how they are built, what goes in and out.
//!
//! [`import()`] turns the file that a Python package carries into an ONNX model and its
//! [`Network`] description, with no Python: [`pickle`] reads arrays and nothing else.
//! [`Network::open`] finds an installed network and checks it, and [`InputTransform`] turns a
//! picture into the tensor that this network was trained on.

mod alexnet;
mod error;
mod import;
pub mod labels;
mod network;
pub mod pickle;
mod source;
mod squeezenet;
mod stack;

pub use error::ZooError;
pub use import::{Imported, import, source, sources};
pub use network::{
    Channels, DESCRIPTION, Features, InputTransform, Layer, MODEL, Network, Parent, Pool, TUNED_DESCRIPTION, sha256,
};
pub use source::Source;
