//! The backward part of a graph.

use std::collections::BTreeMap;

use crate::onnx::{NodeProto, TensorProto, ValueInfoProto};

/// The backward part of a graph.
#[derive(Debug)]
pub struct Gradients {
    /// Nodes to append, in order.
    pub nodes: Vec<NodeProto>,
    /// Constants that those nodes read.
    pub constants: Vec<TensorProto>,
    /// The shapes of gradients, where they are known: pooling's crash the runtime without.
    pub described: Vec<ValueInfoProto>,
    /// Second outputs that nodes of the forward part must be given: by first output, the second one's name.
    pub(super) second_outputs: BTreeMap<String, String>,
    /// For each wanted tensor, the one that holds its gradient.
    pub of: BTreeMap<String, String>,
}

impl Gradients {
    /// Gives nodes of the forward part the second outputs that the backward part reads.
    pub fn complete(&self, forward: &mut [NodeProto]) {
        for node in forward {
            if let Some(second) = node.output.first().and_then(|first| self.second_outputs.get(first)) {
                node.output.truncate(1);
                node.output.push(second.clone());
            }
        }
    }
}
