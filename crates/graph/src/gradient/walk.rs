//! The state of a backward walk, which the rules work with.

use std::collections::{BTreeMap, BTreeSet};

use super::gradients::Gradients;
use super::rectifier::Rectifier;
use crate::builder::Node;
use crate::node::is_standard;
use crate::onnx::{NodeProto, TensorProto, ValueInfoProto};
use crate::{Dim, Model, Shapes, tensor};

/// Operators whose results are piecewise constant in their inputs, so that their gradients are 0.
const STEPS: [&str; 13] = [
    "Shape",
    "Size",
    "ConstantOfShape",
    "Equal",
    "Greater",
    "Less",
    "GreaterOrEqual",
    "LessOrEqual",
    "And",
    "Or",
    "Not",
    "ArgMax",
    "ArgMin",
];

/// The nodes that have been built so far, and the wanted tensors.
pub(super) struct Walk<'m> {
    pub(super) shapes: &'m Shapes,
    pub(super) rectifier: Rectifier,
    /// The wanted tensors, and all tensors that depend on one of them.
    leading: BTreeSet<&'m str>,
    /// The parts of each tensor's gradient that have been given so far.
    parts: BTreeMap<String, Vec<String>>,
    nodes: Vec<NodeProto>,
    constants: Vec<TensorProto>,
    described: Vec<ValueInfoProto>,
    second_outputs: BTreeMap<String, String>,
    /// Names in use.
    names: BTreeSet<String>,
}

impl<'m> Walk<'m> {
    pub(super) fn new(model: &'m Model, shapes: &'m Shapes, wanted: &'m [String], rectifier: Rectifier) -> Self {
        let mut leading: BTreeSet<&str> = wanted.iter().map(String::as_str).collect();
        for node in model.nodes() {
            let step = is_standard(node) && STEPS.contains(&node.op_type());
            if !step && node.input.iter().any(|input| leading.contains(input.as_str())) {
                leading.extend(node.output.iter().map(String::as_str).filter(|name| !name.is_empty()));
            }
        }
        let weights = model.graph().initializer.iter().map(TensorProto::name);
        Self {
            shapes,
            rectifier,
            leading,
            parts: BTreeMap::new(),
            nodes: Vec::new(),
            constants: Vec::new(),
            described: Vec::new(),
            second_outputs: BTreeMap::new(),
            names: model.tensors().into_iter().chain(weights).map(str::to_owned).collect(),
        }
    }

    pub(super) fn finish(self, of: BTreeMap<String, String>) -> Gradients {
        let Self { nodes, constants, described, second_outputs, .. } = self;
        Gradients { nodes, constants, described, second_outputs, of }
    }

    /// Reserves names, so that no new tensor gets them.
    pub(super) fn reserve<'a>(&mut self, names: impl Iterator<Item = &'a &'a str>) {
        self.names.extend(names.map(|name| (*name).to_owned()));
    }

    /// Returns whether the gradient of this tensor is needed.
    pub(super) fn wants(&self, tensor: &str) -> bool {
        self.leading.contains(tensor)
    }

    /// Returns whether an output of this node has a gradient.
    pub(super) fn reached(&self, node: &NodeProto) -> bool {
        node.output.iter().any(|output| self.parts.contains_key(output))
    }

    /// Returns the tensor that holds the gradient of `tensor`, or `None` when no rule gave it one.
    pub(super) fn gradient(&mut self, tensor: &str) -> Option<String> {
        let parts = self.parts.get(tensor)?.clone();
        if let [only] = parts.as_slice() {
            return Some(only.clone());
        }
        let sum = self.name(&format!("{tensor}_grad.sum"));
        self.push(Node::new("Sum", &sum).inputs(parts));
        self.parts.insert(tensor.to_owned(), vec![sum.clone()]);
        Some(sum)
    }

    /// Returns the gradient of a node's first output.
    pub(super) fn incoming(&mut self, node: &NodeProto) -> Result<String, String> {
        node.output
            .first()
            .and_then(|output| self.gradient(output))
            .ok_or_else(|| "only a further output of it is used, which has no gradient rule".to_owned())
    }

    /// Returns the shape of a tensor, or an error when it is not known.
    pub(super) fn shape(&self, tensor: &str) -> Result<&'m [Dim], String> {
        self.shapes.get(tensor).ok_or_else(|| format!("the shape of `{tensor}` is not known"))
    }

    /// Returns the name of the second output of a node of the forward part. A node without a second output gets one.
    pub(super) fn second_output(&mut self, node: &NodeProto) -> String {
        if let Some(there) = node.output.get(1).filter(|name| !name.is_empty()) {
            return there.clone();
        }
        let first = node.output.first().map(String::as_str).unwrap_or_default();
        let name = self.name(&format!("{first}.second"));
        self.second_outputs.insert(first.to_owned(), name.clone());
        name
    }

    /// Adds a node that computes one part of the gradient of `tensor`. `make` gets the name of the part.
    pub(super) fn give(&mut self, tensor: &str, make: impl FnOnce(&str) -> Node) {
        let part = self.name(&format!("{tensor}_grad"));
        if self.shapes.get(tensor).is_some() {
            let like = self.shapes.describe(tensor);
            self.described.push(ValueInfoProto { name: Some(part.clone()), ..like });
        }
        self.push(make(&part));
        self.pass(tensor, part);
    }

    /// Makes an existing tensor one part of the gradient of `tensor`.
    pub(super) fn pass(&mut self, tensor: &str, gradient: String) {
        self.parts.entry(tensor.to_owned()).or_default().push(gradient);
    }

    /// Adds a node for an intermediate result and returns the name of the result.
    pub(super) fn between(&mut self, hint: &str, make: impl FnOnce(&str) -> Node) -> String {
        let name = self.name(hint);
        self.push(make(&name));
        name
    }

    /// Adds a node with two inputs and no attributes for an intermediate result.
    pub(super) fn both(&mut self, operator: &str, hint: &str, a: &str, b: &str) -> String {
        self.between(hint, |name| Node::new(operator, name).inputs([a, b]))
    }

    pub(super) fn push(&mut self, node: Node) {
        self.nodes.push(node.into());
    }

    /// Adds a constant list of integers and returns its name.
    pub(super) fn integers(&mut self, hint: &str, values: &[i64]) -> String {
        let name = self.name(hint);
        self.constants.push(tensor::from_integers(&name, values));
        name
    }

    /// Adds a constant number and returns its name.
    pub(super) fn scalar(&mut self, hint: &str, value: f32) -> String {
        self.floats(hint, &ndarray::arr0(value))
    }

    /// Adds a constant tensor and returns its name.
    pub(super) fn floats<D: ndarray::Dimension>(&mut self, hint: &str, values: &ndarray::Array<f32, D>) -> String {
        let name = self.name(hint);
        self.constants.push(tensor::from_array(&name, values));
        name
    }

    /// Reserves an unused name like `hint` and returns it.
    pub(super) fn name(&mut self, hint: &str) -> String {
        let numbered = (1..).map(|number| format!("{hint}.{number}"));
        let free = std::iter::once(hint.to_owned()).chain(numbered).find(|name| !self.names.contains(name));
        let name = free.unwrap_or_default();
        self.names.insert(name.clone());
        name
    }
}
