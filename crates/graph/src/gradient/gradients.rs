//! The backward part of a graph.

use std::collections::BTreeMap;

use crate::onnx::{NodeProto, TensorProto, ValueInfoProto};

/// The backward part of a graph.
#[derive(Debug)]
pub struct Gradients {
    /// Nodes to append, in order.
    pub nodes: Vec<NodeProto>,
    /// Constants that these nodes read.
    pub constants: Vec<TensorProto>,
    /// Descriptions of gradients with known shapes. ONNX Runtime crashes on a `MaxPoolGrad` without one.
    pub described: Vec<ValueInfoProto>,
    /// Names of second outputs that nodes of the forward part need, by the name of the first output.
    pub(super) second_outputs: BTreeMap<String, String>,
    /// The tensor that holds the gradient of each wanted tensor.
    pub of: BTreeMap<String, String>,
}

impl Gradients {
    /// Adds the second outputs that the backward part reads to nodes of the forward part.
    pub fn complete(&self, forward: &mut [NodeProto]) {
        for node in forward {
            if let Some(second) = node.output.first().and_then(|first| self.second_outputs.get(first)) {
                node.output.truncate(1);
                node.output.push(second.clone());
            }
        }
    }
}
