//! The parts of one node: its name, its inputs, its attributes, and the tensors that it reads.

use std::collections::BTreeSet;

use crate::onnx::{AttributeProto, GraphProto, NodeProto, TensorProto, ValueInfoProto};

/// Returns the name of a node, or the name of its first output if the node has no name.
pub fn node_name(node: &NodeProto) -> &str {
    match node.name() {
        "" => node.output.iter().map(String::as_str).find(|name| !name.is_empty()).unwrap_or("(without a name)"),
        name => name,
    }
}

/// Returns whether the operator belongs to the ONNX standard.
pub fn is_standard(node: &NodeProto) -> bool {
    matches!(node.domain(), "" | "ai.onnx")
}

/// Returns the name of the input with index `place`, or `None` if it is missing or left out.
pub fn input(node: &NodeProto, place: usize) -> Option<&str> {
    node.input.get(place).map(String::as_str).filter(|name| !name.is_empty())
}

/// Returns an attribute of a node.
pub fn attribute<'a>(node: &'a NodeProto, key: &str) -> Option<&'a AttributeProto> {
    node.attribute.iter().find(|attribute| attribute.name() == key)
}

/// Returns an integer attribute of a node.
pub fn int_attribute(node: &NodeProto, key: &str) -> Option<i64> {
    attribute(node, key).map(AttributeProto::i)
}

/// Returns a list attribute of integers.
pub fn ints_attribute<'a>(node: &'a NodeProto, key: &str) -> Option<&'a [i64]> {
    attribute(node, key).map(|attribute| attribute.ints.as_slice())
}

/// Returns a floating-point attribute of a node.
pub fn float_attribute(node: &NodeProto, key: &str) -> Option<f32> {
    attribute(node, key).map(AttributeProto::f)
}

/// Returns a text attribute of a node.
pub fn text_attribute<'a>(node: &'a NodeProto, key: &str) -> Option<&'a [u8]> {
    attribute(node, key).map(AttributeProto::s)
}

/// Returns the graphs inside an attribute: branches and loop bodies.
pub(crate) fn subgraphs(attribute: &AttributeProto) -> impl Iterator<Item = &GraphProto> {
    attribute.g.as_deref().into_iter().chain(&attribute.graphs)
}

/// Returns the names of all tensors that a node reads: its inputs, and the outer tensors that graphs inside it read.
pub fn reads(node: &NodeProto) -> Vec<&str> {
    let inputs = node.input.iter().map(String::as_str).filter(|name| !name.is_empty());
    inputs.chain(captures(node)).collect()
}

/// Returns the names of the outer tensors that graphs inside a node read.
pub fn captures(node: &NodeProto) -> Vec<&str> {
    let mut names = Vec::new();
    for graph in node.attribute.iter().flat_map(subgraphs) {
        let computed = graph.node.iter().flat_map(|inner| inner.output.iter().map(String::as_str));
        let given = graph.input.iter().map(ValueInfoProto::name);
        let stored = graph.initializer.iter().map(TensorProto::name);
        let own: BTreeSet<&str> = computed.chain(given).chain(stored).collect();
        let read = graph.node.iter().flat_map(reads).chain(graph.output.iter().map(ValueInfoProto::name));
        names.extend(read.filter(|name| !own.contains(name)));
    }
    names
}
