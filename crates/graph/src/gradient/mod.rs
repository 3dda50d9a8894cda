//! Reverse-mode differentiation: the nodes that compute the gradients of a graph by its weights, its inputs or any tensor in
//! between.
//!
//! The walk goes backwards over the nodes. When it reaches a node, it has seen every node that reads the node's outputs. The
//! gradient of an output is the sum of the parts that those nodes gave. The rule of the operator then gives a part to each
//! input that leads to a wanted tensor, and to no other input: the gradient of the image is not built when only weights
//! are wanted.
//!
//! There is one file for each family of operators. A new rule is written there and named in `rules.rs`.

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
