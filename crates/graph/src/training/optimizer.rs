//! The update of the weights: one `AdamW` node of crate `runtime`'s own operators behind each gradient.

use std::collections::{BTreeMap, BTreeSet};

use super::Sized;
use super::graphs::float;
use crate::Dim;
use crate::builder::Node;
use crate::onnx::{GraphProto, ValueInfoProto, tensor_proto::DataType};
use crate::shape::value_info;

/// The domain of the operators that crate `runtime` brings along.
pub(super) const DOMAIN: &str = "tunescope";
const LEARNING_RATE: &str = "learning_rate";
const STEP: &str = "step";
const MOMENTS: [&str; 2] = ["first_moments", "second_moments"];
/// Operators whose output can be the memory of their input.
const VIEWS: [&str; 5] = ["Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity"];

/// Settings of the `AdamW` optimizer (Loshchilov and Hutter 2019, algorithm 2, as `PyTorch` has it). The learning rate is
/// not among them: it is fed in at every step.
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

fn count(parameter: &Sized) -> usize {
    parameter.shape.iter().product()
}

/// What the training model takes for the optimizer: learning rate, number of the step from 1, both moments of all
/// `parameters` in a row.
pub(super) fn inputs(parameters: &[Sized]) -> Vec<ValueInfoProto> {
    let total = parameters.iter().map(count).sum();
    let step = value_info(STEP, DataType::Int64 as i32, Some(&[Dim::Size(1)]));
    let moments = MOMENTS.map(|name| float(name, &[total]));
    [float(LEARNING_RATE, &[1]), step].into_iter().chain(moments).collect()
}

/// Adds the update of every parameter to a graph that has the gradients, `of` each by its name, from node number
/// `backward` on.
///
/// An update changes a weight where it lies, so it must come after every node that reads the weight. Those of the forward
/// part all lead to the loss, and so to each gradient. Those of the backward part are told to the runtime: what they
/// compute is an input of the update, which it does not look at.
pub(super) fn add(
    graph: &mut GraphProto,
    settings: &AdamW,
    parameters: &[Sized],
    of: &BTreeMap<String, String>,
    backward: usize,
) {
    let mut offset = 0;
    for parameter in parameters {
        let updated = format!("{}.updated", parameter.name);
        let gradient = of.get(&parameter.name).map(String::as_str).unwrap_or_default();
        let inputs = [LEARNING_RATE, STEP, &parameter.name, MOMENTS[0], MOMENTS[1], gradient];
        let update = Node::new("AdamW", &updated)
            .domain(DOMAIN)
            .inputs(inputs.into_iter().map(str::to_owned).chain(readers(graph, &parameter.name, gradient, backward)))
            .float("alpha", settings.alpha)
            .float("beta", settings.beta)
            .float("epsilon", settings.epsilon)
            .float("weight_decay", settings.weight_decay)
            .int("offset", offset as i64);
        graph.node.push(update.into());
        graph.output.push(value_info(&updated, DataType::Bool as i32, Some(&[Dim::Size(1)])));
        offset += count(parameter);
    }
}

/// What the nodes of the backward part compute from a weight's values, besides its gradient.
fn readers(graph: &GraphProto, weight: &str, gradient: &str, backward: usize) -> Vec<String> {
    let mut memory = BTreeSet::from([weight]);
    let mut found = Vec::new();
    for (at, node) in graph.node.iter().enumerate() {
        if matches!(node.op_type(), "AdamW" | "Shape")
            || !node.input.iter().any(|input| memory.contains(input.as_str()))
        {
            continue;
        }
        let outputs = node.output.iter().map(String::as_str).filter(|name| !name.is_empty());
        if VIEWS.contains(&node.op_type()) {
            memory.extend(outputs);
        } else if at >= backward && !node.output.iter().any(|name| name == gradient) {
            found.extend(outputs.take(1).map(str::to_owned));
        }
    }
    found
}
