//! Reverse-mode differentiation: from a graph to the nodes that compute the gradients of its weights, of its input or of
//! any tensor in between.
//!
//! The walk goes backwards over the nodes. When it comes to a node, every node that reads its outputs has been seen, so
//! the gradient of each output is the sum of the parts that those gave. The node's [`Rule`] then gives a part to each
//! input that leads to a wanted tensor, and to no other: the gradient of the picture itself, for one, is never built
//! where only weights are wanted.
//!
//! One file a family of operators. To add one, write its rule and name it in [`rule`].

mod activation;
mod arithmetic;
mod backward;
mod convolution;
mod dense;
mod layout;
mod normalization;
mod pick;
mod pooling;
mod reduction;
mod walk;

use std::collections::BTreeMap;

use crate::node::{is_standard, node_name};
use crate::onnx::{NodeProto, TensorProto, ValueInfoProto};
use crate::{Error, Model, Shapes};
pub use backward::{backward, backward_through};
use walk::Walk;

/// The domain of the runtime's own operators, the gradients among them.
pub(crate) const MICROSOFT: &str = "com.microsoft";

/// Passes the gradient of a node's output on to those inputs that [`Walk::wants`] one. An error is the reason why it
/// cannot.
type Rule = fn(&mut Walk<'_>, &NodeProto) -> Result<(), String>;

/// What `Relu` lets pass backwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rectifier {
    /// What its slope says: the gradient where its output is above 0.
    #[default]
    Slope,
    /// The same, and only what is above 0 itself: guided backpropagation (Springenberg et al. 2014, section 3.4).
    Guided,
    /// What is above 0 itself, wherever: the way back of a deconvolutional network (Zeiler & Fergus 2013, section 2.1).
    Deconvolution,
}

/// The rule of an operator.
fn rule(node: &NodeProto) -> Option<Rule> {
    if !is_standard(node) {
        return None;
    }
    Some(match node.op_type() {
        "Relu" => activation::relu,
        "LeakyRelu" => activation::leaky_relu,
        "PRelu" => activation::parametric_relu,
        "Sigmoid" => activation::sigmoid,
        "Tanh" => activation::tanh,
        "Clip" => activation::clip,
        "HardSigmoid" => activation::hard_sigmoid,
        "HardSwish" => activation::hard_swish,
        "Identity" | "Dropout" => arithmetic::identity,
        "Add" | "Sum" => arithmetic::add,
        "Sub" => arithmetic::sub,
        "Mul" => arithmetic::mul,
        "Div" => arithmetic::div,
        "Expand" => arithmetic::expand,
        "Conv" => convolution::conv,
        "Gemm" => dense::gemm,
        "MatMul" => dense::matmul,
        "MaxPool" => pooling::max,
        "AveragePool" => pooling::average,
        "GlobalAveragePool" => pooling::global_average,
        "BatchNormalization" => normalization::batch,
        "LRN" => normalization::local_response,
        "Softmax" => normalization::softmax,
        "LogSoftmax" => normalization::log_softmax,
        "ReduceMean" => reduction::mean,
        "ReduceSum" => reduction::sum,
        "Flatten" | "Reshape" | "Squeeze" | "Unsqueeze" => layout::reshaped,
        "Transpose" => layout::transpose,
        "Concat" => pick::concat,
        "Split" => pick::split,
        "Slice" => pick::slice,
        "Pad" => pick::pad,
        _ => return None,
    })
}

/// The backward part of a graph.
#[derive(Debug)]
pub(crate) struct Gradients {
    /// Nodes to append, in order.
    pub(crate) nodes: Vec<NodeProto>,
    /// Constants that those nodes read.
    pub(crate) constants: Vec<TensorProto>,
    /// The shapes of gradients, where they are known: pooling's crash the runtime without.
    pub(crate) described: Vec<ValueInfoProto>,
    /// Second outputs that nodes of the forward part must be given: by first output, the second one's name.
    second_outputs: BTreeMap<String, String>,
    /// For each wanted tensor, the one that holds its gradient.
    pub(crate) of: BTreeMap<String, String>,
}

impl Gradients {
    /// Gives nodes of the forward part the second outputs that the backward part reads.
    pub(crate) fn complete(&self, forward: &mut [NodeProto]) {
        for node in forward {
            if let Some(second) = node.output.first().and_then(|first| self.second_outputs.get(first)) {
                node.output.truncate(1);
                node.output.push(second.clone());
            }
        }
    }
}

/// Builds the gradients of the `wanted` tensors of `model`, given a tensor `seed` that holds the gradient of the tensor
/// `top`, where `Relu` lets pass what `rectifier` says. No name in `taken` is used for a new tensor.
pub(crate) fn differentiate(
    model: &Model,
    shapes: &Shapes,
    [top, seed]: [&str; 2],
    wanted: &[String],
    taken: &[&str],
    rectifier: Rectifier,
) -> Result<Gradients, Error> {
    shapes.accept(model.label())?;
    let mut walk = Walk::new(model, shapes, wanted, rectifier);
    walk.reserve([seed].iter().chain(taken));
    walk.pass(top, seed.to_owned());
    for node in model.nodes().iter().rev() {
        if node.input.iter().any(|input| walk.wants(input)) && walk.reached(node) {
            let rule = rule(node).ok_or_else(|| "there is no gradient rule for this operator".to_owned());
            rule.and_then(|rule| rule(&mut walk, node)).map_err(|reason| Error::Gradient {
                model: model.label().to_owned(),
                node: node_name(node).to_owned(),
                operator: node.op_type().to_owned(),
                reason,
                deepest: None,
            })?;
        }
    }
    let mut of = BTreeMap::new();
    for tensor in wanted {
        let gradient = walk.gradient(tensor).ok_or_else(|| Error::Tensor {
            model: model.label().to_owned(),
            tensor: tensor.clone(),
            reason: format!("`{top}` does not depend on it, so it has no gradient"),
        })?;
        of.insert(tensor.clone(), gradient);
    }
    Ok(walk.finish(of))
}
