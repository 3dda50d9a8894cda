//! The files that ONNX Runtime trains from, without the vendor's Python generator:
//! - the training model, which computes the loss and the gradients and updates the weights,
//! - the eval model, which computes the loss and the probabilities,
//! - the checkpoint with the weights to start from.
//!
//! The vendor's design has a third model for the update. Its operator uses one thread and goes over every weight four times,
//! and it needs a copy of each gradient in a buffer. Our own operator stands in the training model right behind each gradient.
//!
//! Each `Dropout` node becomes a multiplication by a mask, which is an input: `mask0`, `mask1`, … in the order of the nodes. A
//! mask contains 0 for a value that is dropped and `1 / (1 - dropout)` for the others. The operator's own random numbers live
//! in the session, where no checkpoint can save them. With masks as inputs, a resumed run ends with the same bytes. The eval
//! model has no dropout.

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
