//! Reverse-mode differentiation: from a graph to the nodes that compute the gradients of its weights.
//!
//! The walk goes backwards over the nodes. When it comes to a node, every node that reads its outputs has been seen, so
//! the gradient of each output is the sum of the parts that those gave. The node's [`Rule`] then gives a part to each
//! input that leads to a wanted weight, and to no other: the gradient of the picture itself, for one, is never built.
//!
//! One file a family of operators. To add one, write its rule and name it in [`rule`].

mod activation;
mod arithmetic;
mod dense;
mod layout;
mod window;

use std::collections::{BTreeMap, BTreeSet};

use crate::builder::Node;
use crate::node::node_name;
use crate::onnx::{NodeProto, TensorProto, ValueInfoProto};
use crate::{Error, Model, Shapes, tensor};

/// The domain of the runtime's own operators, the gradients among them.
pub(crate) const MICROSOFT: &str = "com.microsoft";

/// Passes the gradient of a node's output on to those inputs that [`Walk::wants`] one. An error is the reason why it
/// cannot.
type Rule = fn(&mut Walk<'_>, &NodeProto) -> Result<(), String>;

/// The rule of an operator.
fn rule(node: &NodeProto) -> Option<Rule> {
    if !matches!(node.domain(), "" | "ai.onnx") {
        return None;
    }
    Some(match node.op_type() {
        "Gemm" => dense::gemm,
        "MatMul" => dense::matmul,
        "Relu" => activation::relu,
        "Sigmoid" => activation::sigmoid,
        "Tanh" => activation::tanh,
        "Identity" => arithmetic::identity,
        "Add" | "Sum" => arithmetic::add,
        "Mul" => arithmetic::mul,
        "Conv" => window::conv,
        "MaxPool" => window::max_pool,
        "GlobalAveragePool" => window::global_average_pool,
        "Concat" => layout::concat,
        "Flatten" | "Reshape" | "Squeeze" | "Unsqueeze" => layout::reshaped,
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
    pub(crate) second_outputs: BTreeMap<String, String>,
    /// For each wanted weight, the tensor that holds its gradient.
    pub(crate) of: BTreeMap<String, String>,
}

/// Builds the gradients of the `wanted` weights of `model`, given a tensor `seed` that holds the gradient of the tensor
/// `top`.
pub(crate) fn differentiate(model: &Model, top: &str, seed: &str, wanted: &[String]) -> Result<Gradients, Error> {
    let shapes = model.shapes();
    shapes.accept(model.label())?;
    let mut walk = Walk::new(model, shapes, wanted);
    walk.names.insert(seed.to_owned());
    walk.pass(top, seed.to_owned());
    for node in model.nodes().iter().rev() {
        let leads = node.input.iter().any(|input| walk.wants(input));
        let reached = node.output.iter().any(|output| walk.parts.contains_key(output));
        if leads && reached {
            walk.step(node).map_err(|reason| Error::Node {
                model: model.label().to_owned(),
                node: node_name(node).to_owned(),
                operator: node.op_type().to_owned(),
                reason,
            })?;
        }
    }
    let mut of = BTreeMap::new();
    for weight in wanted {
        let gradient = walk.gradient(weight).ok_or_else(|| Error::Tensor {
            model: model.label().to_owned(),
            tensor: weight.clone(),
            reason: format!("`{top}` does not depend on it, so it cannot be trained"),
        })?;
        of.insert(weight.clone(), gradient);
    }
    let Walk { nodes, constants, described, second_outputs, .. } = walk;
    Ok(Gradients { nodes, constants, described, second_outputs, of })
}

/// A backward walk under way: what a rule works with.
struct Walk<'m> {
    shapes: Shapes,
    /// Tensors that a wanted weight flows into, the weights included.
    leading: BTreeSet<&'m str>,
    /// By tensor, the parts of its gradient that have been given so far.
    parts: BTreeMap<String, Vec<String>>,
    nodes: Vec<NodeProto>,
    constants: Vec<TensorProto>,
    described: Vec<ValueInfoProto>,
    second_outputs: BTreeMap<String, String>,
    /// Names in use, so that no new one collides.
    names: BTreeSet<String>,
}

impl<'m> Walk<'m> {
    fn new(model: &'m Model, shapes: Shapes, wanted: &'m [String]) -> Self {
        let mut leading: BTreeSet<&str> = wanted.iter().map(String::as_str).collect();
        for node in model.nodes() {
            if node.input.iter().any(|input| leading.contains(input.as_str())) {
                leading.extend(node.output.iter().map(String::as_str).filter(|name| !name.is_empty()));
            }
        }
        let weights = model.graph().initializer.iter().map(TensorProto::name);
        let names = model.tensors().into_iter().chain(weights).map(str::to_owned).collect();
        Self {
            shapes,
            leading,
            parts: BTreeMap::new(),
            nodes: Vec::new(),
            constants: Vec::new(),
            described: Vec::new(),
            second_outputs: BTreeMap::new(),
            names,
        }
    }

    fn step(&mut self, node: &NodeProto) -> Result<(), String> {
        let rule = rule(node)
            .ok_or("there is no gradient rule for this operator: tune only layers above it, or keep it frozen")?;
        rule(self, node)
    }

    /// Whether the gradient of this tensor leads to a wanted weight.
    fn wants(&self, tensor: &str) -> bool {
        self.leading.contains(tensor)
    }

    /// The tensor that holds the gradient of `tensor`; `None` where nothing gave it one.
    fn gradient(&mut self, tensor: &str) -> Option<String> {
        let parts = self.parts.get(tensor)?.clone();
        if let [only] = parts.as_slice() {
            return Some(only.clone());
        }
        let sum = self.name(&format!("{tensor}_grad.sum"));
        self.push(Node::new("Sum", &sum).inputs(parts));
        self.parts.insert(tensor.to_owned(), vec![sum.clone()]);
        Some(sum)
    }

    /// The gradient of a node's first output.
    fn incoming(&mut self, node: &NodeProto) -> Result<String, String> {
        node.output
            .first()
            .and_then(|output| self.gradient(output))
            .ok_or_else(|| "only a further output of it is used, which has no gradient rule".to_owned())
    }

    /// The name of the second output of a node of the forward part, which gets one where it has none.
    fn second_output(&mut self, node: &NodeProto) -> String {
        if let Some(there) = node.output.get(1).filter(|name| !name.is_empty()) {
            return there.clone();
        }
        let first = node.output.first().map(String::as_str).unwrap_or_default();
        let name = self.name(&format!("{first}.second"));
        self.second_outputs.insert(first.to_owned(), name.clone());
        name
    }

    /// Adds a node that computes one part of the gradient of `tensor`; `make` gets the name of what it has to compute.
    fn give(&mut self, tensor: &str, make: impl FnOnce(&str) -> Node) {
        let part = self.name(&format!("{tensor}_grad"));
        if self.shapes.get(tensor).is_some() {
            let like = self.shapes.describe(tensor);
            self.described.push(ValueInfoProto { name: Some(part.clone()), ..like });
        }
        self.push(make(&part));
        self.pass(tensor, part);
    }

    /// Makes a tensor that is there already one part of the gradient of `tensor`.
    fn pass(&mut self, tensor: &str, gradient: String) {
        self.parts.entry(tensor.to_owned()).or_default().push(gradient);
    }

    /// Adds a node that computes something in between; returns the tensor's name.
    fn between(&mut self, hint: &str, make: impl FnOnce(&str) -> Node) -> String {
        let name = self.name(hint);
        self.push(make(&name));
        name
    }

    fn push(&mut self, node: Node) {
        self.nodes.push(node.into());
    }

    /// A constant list of integers; returns its name.
    fn integers(&mut self, hint: &str, values: &[i64]) -> String {
        let name = self.name(hint);
        self.constants.push(tensor::from_integers(&name, values));
        name
    }

    /// A constant number; returns its name.
    fn scalar(&mut self, hint: &str, value: f32) -> String {
        let name = self.name(hint);
        self.constants.push(tensor::from_array(&name, &ndarray::arr0(value)));
        name
    }

    /// A name like this one that is not in use; from now on it is.
    fn name(&mut self, hint: &str) -> String {
        let numbered = (1..).map(|number| format!("{hint}.{number}"));
        let free = std::iter::once(hint.to_owned()).chain(numbered).find(|name| !self.names.contains(name));
        let name = free.unwrap_or_default();
        self.names.insert(name.clone());
        name
    }
}
