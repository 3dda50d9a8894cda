//! The files that ONNX Runtime trains from, written without the vendor's Python generator: a model that computes the loss
//! and the gradients and updates the weights, one that computes loss and probabilities, and the weights to start from.
//!
//! The vendor has a model of its own for the update. Its operator there is a good part of a step's time (one thread,
//! four passes over every weight), and it wants each gradient copied to a buffer first. Ours, which crate `runtime` brings along,
//! stands in the training model right behind each gradient.
//!
//! Dropout: each `Dropout` node becomes a multiplication by a mask that is fed in, `mask0`, `mask1`, … in the order of
//! the nodes. A mask holds 0 for what is dropped and `1 / keep` for the rest. The operator's own random numbers live in
//! the runtime's session, where no checkpoint can reach them: with masks from outside, a run that is taken up again ends
//! with the same bytes. The eval model has no dropout.

mod artifacts;
mod checkpoint;
mod faster;
mod graphs;
mod loss;
mod named_shape;
mod names;
mod optimizer;
mod options;

pub use artifacts::{TrainingArtifacts, TrainingFiles, artifacts};
pub use named_shape::NamedShape;
pub use names::{LABELS, LOSS};
pub use options::{AdamW, Options};
