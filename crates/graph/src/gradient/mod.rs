//! Reverse-mode differentiation: from a graph to the nodes that compute the gradients of its weights, of its input or of
//! any tensor in between.
//!
//! The walk goes backwards over the nodes. When it comes to a node, every node that reads its outputs has been seen, so
//! the gradient of each output is the sum of the parts that those gave. The node's rule (module `rules`) then gives a part to each
//! input that leads to a wanted tensor, and to no other: the gradient of the picture itself, for one, is never built
//! where only weights are wanted.
//!
//! One file a family of operators. To add one, write its rule and name it in `rules.rs`.

mod activation;
mod arithmetic;
mod backward;
mod convolution;
mod differentiate;
mod gradients;
mod layout;
mod normalization;
mod pick;
mod pooling;
mod products;
mod rectifier;
mod reduction;
mod rules;
pub mod vendor;
mod walk;

pub use backward::{backward, backward_through};
pub use differentiate::differentiate;
pub use gradients::Gradients;
pub use rectifier::Rectifier;
