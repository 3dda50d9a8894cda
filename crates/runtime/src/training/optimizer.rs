//! The update of the weights by our own operators: one `AdamW` node behind each gradient, and one `DenseAdamW` node in place of
//! the gradients of a large dense layer.

use std::collections::{BTreeMap, BTreeSet};

use graph::builder::Node;
use graph::node::{float_attribute, int_attribute};
use graph::onnx::{GraphProto, NodeProto, ValueInfoProto, tensor_proto::DataType};
use graph::{Dim, tensor, value_info};

use super::named_shape::NamedShape;
use super::names::{LEARNING_RATE, MOMENTS, STEP, float};
use super::options::AdamW;
use crate::operators::names::{ADAMW, DENSE_ADAMW, DOMAIN, attribute};
use crate::rewrite::LARGE;

/// Operators whose output can share the memory of their input.
const VIEWS: [&str; 5] = ["Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity"];

fn count(parameter: &NamedShape) -> usize {
    parameter.shape.iter().product()
}

/// Returns the optimizer's inputs of the training model: learning rate, number of the step from 1, both moments of all
/// `parameters` in a row.
pub(super) fn inputs(parameters: &[NamedShape]) -> Vec<ValueInfoProto> {
    let total = parameters.iter().map(count).sum();
    let step = value_info(STEP, DataType::Int64 as i32, Some(&[Dim::Size(1)]));
    let moments = MOMENTS.map(|name| float(name, &[total]));
    [float(LEARNING_RATE, &[1]), step].into_iter().chain(moments).collect()
}

/// Adds the scaled learning rates of `parameters` with a factor other than 1. Returns the name of each parameter's rate.
pub(super) fn rates(graph: &mut GraphProto, parameters: &[NamedShape], shares: &BTreeMap<String, f32>) -> Vec<String> {
    let mut name_of = |parameter: &NamedShape| match shares.get(&parameter.name) {
        Some(&share) if (share - 1.0).abs() > 0.0 => {
            let (factor, name) = (format!("{LEARNING_RATE}.share.{share}"), format!("{LEARNING_RATE}.{share}"));
            if graph.initializer.iter().all(|constant| constant.name() != factor) {
                graph.node.push(Node::new("Mul", &name).inputs([LEARNING_RATE, &factor]).into());
                graph.initializer.push(tensor::from_array(&factor, &ndarray::arr1(&[share])));
            }
            name
        }
        _ => LEARNING_RATE.to_owned(),
    };
    parameters.iter().map(&mut name_of).collect()
}

/// Adds the update of every parameter to a graph with the gradients. `rates` names the learning rate of each parameter, and
/// `of` the gradient by the name of the parameter. The backward part begins at node number `backward`.
///
/// An update changes a weight in place, so it must run after every node that reads the weight. The readers in the forward
/// part all lead to the loss, and so to each gradient. The results of readers in the backward part become inputs of the
/// update, which ignores them.
pub(super) fn add(
    graph: &mut GraphProto,
    settings: &AdamW,
    (parameters, rates): (&[NamedShape], &[String]),
    of: &BTreeMap<String, String>,
    backward: usize,
) {
    let mut offset = 0;
    for (parameter, rate) in parameters.iter().zip(rates) {
        let updated = format!("{}.updated", parameter.name);
        let gradient = of.get(&parameter.name).map(String::as_str).unwrap_or_default();
        let others = readers(graph, &parameter.name, gradient, backward);
        let before = [rate, STEP, &parameter.name, MOMENTS[0], MOMENTS[1]].map(str::to_owned).into_iter();
        let set = |node: Node| {
            let node =
                node.domain(DOMAIN).float(attribute::BETA1, settings.beta1).float(attribute::BETA2, settings.beta2);
            let node = node.float(attribute::EPS, settings.eps).float(attribute::WEIGHT_DECAY, settings.weight_decay);
            node.int(attribute::OFFSET, offset as i64)
        };
        let large = count(parameter) >= LARGE;
        if let Some(layer) = Layer::of(graph, &parameter.name, gradient, &others).filter(|_| large) {
            let node = set(Node::new(DENSE_ADAMW, &updated)).inputs(before.chain([layer.dy, layer.x]));
            graph.node[layer.place] = node.outputs([Some(updated.clone()), layer.dx].into_iter().flatten()).into();
            if let Some(also) = layer.also {
                graph.node.remove(also);
            }
        } else {
            let update = set(Node::new(ADAMW, &updated));
            graph.node.push(update.inputs(before.chain([gradient.to_owned()]).chain(others)).into());
        }
        graph.output.push(value_info(&updated, DataType::Bool as i32, Some(&[Dim::Size(1)])));
        offset += count(parameter);
    }
}

/// The backward part of a dense layer, `dW = dY^T X` and `dX = dY W`, whose weight no other node there reads.
struct Layer {
    dy: String,
    x: String,
    dx: Option<String>,
    /// Indices of the first of the two nodes and of the other one.
    place: usize,
    also: Option<usize>,
}

impl Layer {
    /// Returns the dense layer of a weight, or `None` when the backward part has another form. `others` are the results besides
    /// `gradient` that the backward part computes from the weight.
    fn of(graph: &GraphProto, weight: &str, gradient: &str, others: &[String]) -> Option<Self> {
        let made_by = |name: &str| graph.node.iter().position(|node| node.output.iter().any(|output| output == name));
        let place = made_by(gradient)?;
        let (dy, x) = product(&graph.node[place], true)?;
        let read = graph.node.iter().flat_map(|node| &node.input).any(|input| input == gradient);
        match others {
            _ if read => None,
            [] => Some(Self { dy, x, dx: None, place, also: None }),
            [dx] => {
                let other = made_by(dx)?;
                let fits = product(&graph.node[other], false)? == (dy.clone(), weight.to_owned());
                let (place, also) = (place.min(other), Some(place.max(other)));
                fits.then(|| Self { dy, x, dx: Some(dx.clone()), place, also })
            }
            _ => None,
        }
    }
}

/// Returns the operands of a plain matrix product whose first operand is transposed or not, as requested.
fn product(node: &NodeProto, transposed: bool) -> Option<(String, String)> {
    let set = |key: &str| int_attribute(node, key).unwrap_or(0) != 0;
    let scaled = float_attribute(node, "alpha").is_some_and(|alpha| (alpha - 1.0).abs() > 0.0);
    match node.input.as_slice() {
        [a, b] if node.op_type() == "Gemm" && set("transA") == transposed && !set("transB") && !scaled => {
            Some((a.clone(), b.clone()))
        }
        _ => None,
    }
}

/// Returns what the nodes of the backward part compute from a weight's values, besides its gradient.
fn readers(graph: &GraphProto, weight: &str, gradient: &str, backward: usize) -> Vec<String> {
    let mut memory = BTreeSet::from([weight]);
    let mut found = Vec::new();
    for (at, node) in graph.node.iter().enumerate() {
        if matches!(node.op_type(), ADAMW | DENSE_ADAMW | "Shape")
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
