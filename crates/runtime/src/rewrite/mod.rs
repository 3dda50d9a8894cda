//! The rewrite of a graph to our own operators.
//!
//! The rewrite happens in memory, for a session that opens right away ([`crate::Session::with_own_operators`]). Saved
//! models contain only standard ONNX operators, which any runtime can run.

mod batch;
mod convolution;
mod convolutions;
mod dense_layers;
mod model;
mod replace;

pub use batch::{fitting, images_per_run};
pub use convolutions::Convolutions;
pub(crate) use dense_layers::LARGE;
pub(crate) use model::convolutions;
pub use model::with_own_operators;
