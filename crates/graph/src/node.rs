//! Small questions about one node.

use crate::onnx::NodeProto;

/// A node's name; its first output where it has none.
pub(crate) fn node_name(node: &NodeProto) -> &str {
    match node.name() {
        "" => node.output.iter().map(String::as_str).find(|name| !name.is_empty()).unwrap_or("(without a name)"),
        name => name,
    }
}

/// An integer attribute of a node.
pub(crate) fn int_attribute(node: &NodeProto, key: &str) -> Option<i64> {
    node.attribute.iter().find(|attribute| attribute.name() == key).map(crate::onnx::AttributeProto::i)
}
