//! Small questions about one node.

use crate::onnx::{AttributeProto, NodeProto};

/// A node's name; its first output where it has none.
pub(crate) fn node_name(node: &NodeProto) -> &str {
    match node.name() {
        "" => node.output.iter().map(String::as_str).find(|name| !name.is_empty()).unwrap_or("(without a name)"),
        name => name,
    }
}

/// Whether the operator is one of the standard ones.
pub(crate) fn is_standard(node: &NodeProto) -> bool {
    matches!(node.domain(), "" | "ai.onnx")
}

/// An input that is there and not left out.
pub(crate) fn input(node: &NodeProto, place: usize) -> Option<&str> {
    node.input.get(place).map(String::as_str).filter(|name| !name.is_empty())
}

/// An attribute of a node.
pub(crate) fn attribute<'a>(node: &'a NodeProto, key: &str) -> Option<&'a AttributeProto> {
    node.attribute.iter().find(|attribute| attribute.name() == key)
}

/// An integer attribute of a node.
pub(crate) fn int_attribute(node: &NodeProto, key: &str) -> Option<i64> {
    attribute(node, key).map(AttributeProto::i)
}

/// A list-of-integers attribute of a node.
pub(crate) fn ints_attribute<'a>(node: &'a NodeProto, key: &str) -> Option<&'a [i64]> {
    attribute(node, key).map(|attribute| attribute.ints.as_slice())
}

/// A real-number attribute of a node.
pub(crate) fn float_attribute(node: &NodeProto, key: &str) -> Option<f32> {
    attribute(node, key).map(AttributeProto::f)
}

/// A text attribute of a node.
pub(crate) fn text_attribute<'a>(node: &'a NodeProto, key: &str) -> Option<&'a [u8]> {
    attribute(node, key).map(AttributeProto::s)
}
