//! Small questions about one node.

use std::collections::BTreeSet;

use crate::onnx::{AttributeProto, GraphProto, NodeProto, TensorProto, ValueInfoProto};

/// A node's name; its first output where it has none.
pub fn node_name(node: &NodeProto) -> &str {
    match node.name() {
        "" => node.output.iter().map(String::as_str).find(|name| !name.is_empty()).unwrap_or("(without a name)"),
        name => name,
    }
}

/// Whether the operator is one of the standard ones.
pub fn is_standard(node: &NodeProto) -> bool {
    matches!(node.domain(), "" | "ai.onnx")
}

/// An input that is there and not left out.
pub fn input(node: &NodeProto, place: usize) -> Option<&str> {
    node.input.get(place).map(String::as_str).filter(|name| !name.is_empty())
}

/// An attribute of a node.
pub fn attribute<'a>(node: &'a NodeProto, key: &str) -> Option<&'a AttributeProto> {
    node.attribute.iter().find(|attribute| attribute.name() == key)
}

/// An integer attribute of a node.
pub fn int_attribute(node: &NodeProto, key: &str) -> Option<i64> {
    attribute(node, key).map(AttributeProto::i)
}

/// A list-of-integers attribute of a node.
pub fn ints_attribute<'a>(node: &'a NodeProto, key: &str) -> Option<&'a [i64]> {
    attribute(node, key).map(|attribute| attribute.ints.as_slice())
}

/// A real-number attribute of a node.
pub fn float_attribute(node: &NodeProto, key: &str) -> Option<f32> {
    attribute(node, key).map(AttributeProto::f)
}

/// A text attribute of a node.
pub fn text_attribute<'a>(node: &'a NodeProto, key: &str) -> Option<&'a [u8]> {
    attribute(node, key).map(AttributeProto::s)
}

/// The graphs inside a node: branches and loop bodies.
pub(crate) fn subgraphs(attribute: &AttributeProto) -> impl Iterator<Item = &GraphProto> {
    attribute.g.as_deref().into_iter().chain(&attribute.graphs)
}

/// Names of all tensors that a node reads: its inputs, and what the graphs inside it take from around them.
pub fn reads(node: &NodeProto) -> Vec<&str> {
    let inputs = node.input.iter().map(String::as_str).filter(|name| !name.is_empty());
    inputs.chain(captures(node)).collect()
}

/// Names of the tensors that the graphs inside a node take from around it.
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
