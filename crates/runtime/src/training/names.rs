//! Names of tensors in the training model and the eval model.

use graph::onnx::{ValueInfoProto, tensor_proto::DataType};
use graph::{Dim, value_info};

/// The name of the training and eval models' loss, a scalar: the mean cross-entropy in nats.
pub const LOSS: &str = "loss";
/// The name of the training and eval models' input of true classes, `int64` `[n]`.
pub const LABELS: &str = "labels";

/// The input that ONNX Runtime gives to every training model, whether it accumulates gradients or not.
pub(super) const RESET: &str = "lazy_reset_grad";
/// The input of the learning rate, `[1]`.
pub(super) const LEARNING_RATE: &str = "learning_rate";
/// The input of the number of the step, `int64` `[1]`, from 1.
pub(super) const STEP: &str = "step";
/// The inputs of the optimizer's first and second moments, each of all weights in a row.
pub(super) const MOMENTS: [&str; 2] = ["first_moments", "second_moments"];

/// Describes a `float32` input or output of known shape.
pub(super) fn float(name: &str, shape: &[usize]) -> ValueInfoProto {
    let shape: Vec<Dim> = shape.iter().map(|&size| Dim::Size(size)).collect();
    value_info(name, DataType::Float as i32, Some(&shape))
}
