//! The optimizer model: one `AdamWOptimizer` node over all trained weights.

use crate::builder::{Builder, Node};
use crate::gradient::MICROSOFT;
use crate::onnx::{TypeProto, ValueInfoProto, tensor_proto::DataType, type_proto};
use crate::{Dim, Error, Model};

/// Settings of the `AdamW` optimizer. The learning rate is not among them: it is fed in at every step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamW {
    /// How slowly the mean of the gradients forgets, in `[0, 1)`.
    pub alpha: f32,
    /// How slowly the mean of their squares forgets, in `[0, 1)`.
    pub beta: f32,
    /// Added to the divisor against division by zero.
    pub epsilon: f32,
    /// The share of each weight that a step of learning rate 1 takes off it.
    pub weight_decay: f32,
}

impl Default for AdamW {
    fn default() -> Self {
        Self { alpha: 0.9, beta: 0.999, epsilon: 1e-6, weight_decay: 0.01 }
    }
}

/// Builds the optimizer model.
pub(super) fn model(settings: &AdamW) -> Result<Model, Error> {
    let lists = ["params", "gradients", "first_order_moments", "second_order_moments"];
    let mut graph = Builder::new("optimizer");
    graph.import(MICROSOFT, 1);
    graph.input("learning_rate", DataType::Float, &[Dim::Size(1)]);
    graph.input("step", DataType::Int64, &[Dim::Size(1)]);
    for list in lists {
        graph.input_like(tensor_list(list));
    }
    let update = Node::new("AdamWOptimizer", "updated_flag")
        .domain(MICROSOFT)
        .inputs(["learning_rate", "step"].into_iter().chain(lists))
        .float("alpha", settings.alpha)
        .float("beta", settings.beta)
        .float("epsilon", settings.epsilon)
        .float("weight_decay", settings.weight_decay)
        .int("adam_mode", 1)
        .int("correct_bias", 1);
    graph.node(update);
    let flag = crate::shape::value_info("updated_flag", DataType::Bool as i32, Some(&[Dim::Size(1)]));
    graph.finish_with(vec![flag])
}

/// An input that is a sequence of `float32` tensors.
fn tensor_list(name: &str) -> ValueInfoProto {
    let tensor = type_proto::Tensor { elem_type: Some(DataType::Float as i32), shape: None };
    let element = TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..TypeProto::default() };
    let list = type_proto::Sequence { elem_type: Some(Box::new(element)) };
    let kind = TypeProto { value: Some(type_proto::Value::SequenceType(Box::new(list))), ..TypeProto::default() };
    ValueInfoProto { name: Some(name.to_owned()), r#type: Some(kind), ..ValueInfoProto::default() }
}
