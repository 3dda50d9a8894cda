//! Taking a part of a model and exposing tensors.

use std::collections::BTreeSet;

use crate::node::reads;
use crate::onnx::{GraphProto, ValueInfoProto};
use crate::{Error, Model};

impl Model {
    /// Returns the part of the model that computes `tensor`, with that tensor as its only output. Weights and inputs that
    /// the part does not need are left out.
    ///
    /// # Errors
    /// Returns an error when the model does not have the tensor. The error lists the nearest names.
    pub fn cut(&self, tensor: &str) -> Result<Self, Error> {
        self.cut_many(&[tensor])
    }

    /// Returns the part of the model that computes all of these tensors, which become its outputs in this order.
    ///
    /// # Errors
    /// Returns an error when the model does not have one of the tensors.
    pub fn cut_many(&self, tensors: &[&str]) -> Result<Self, Error> {
        self.require(tensors)?;
        let mut needed: BTreeSet<&str> = tensors.iter().copied().collect();
        let mut kept = Vec::new();
        for node in self.nodes().iter().rev() {
            if node.output.iter().any(|output| needed.contains(output.as_str())) {
                needed.extend(reads(node));
                kept.push(node.clone());
            }
        }
        kept.reverse();
        let graph = self.graph();
        let whole = |info: &&ValueInfoProto| needed.contains(info.name());
        let outputs = self.describe(tensors);
        let initializer = graph.initializer.iter().filter(|weight| needed.contains(weight.name()));
        let sparse = graph
            .sparse_initializer
            .iter()
            .filter(|sparse| sparse.values.as_ref().is_some_and(|values| needed.contains(values.name())));
        self.with_graph(GraphProto {
            node: kept,
            initializer: initializer.cloned().collect(),
            sparse_initializer: sparse.cloned().collect(),
            input: graph.input.iter().filter(whole).cloned().collect(),
            value_info: graph
                .value_info
                .iter()
                .filter(|info| needed.contains(info.name()) && !tensors.contains(&info.name()))
                .cloned()
                .collect(),
            output: outputs,
            quantization_annotation: Vec::new(),
            ..graph.clone()
        })
    }

    /// Returns the model with these tensors as further outputs, after its own. A tensor that is an output already keeps
    /// its position.
    ///
    /// # Errors
    /// Returns an error when the model does not have one of the tensors.
    pub fn expose(&self, tensors: &[&str]) -> Result<Self, Error> {
        self.require(tensors)?;
        let mut outputs: Vec<&str> = self.outputs();
        for tensor in tensors {
            if !outputs.contains(tensor) {
                outputs.push(tensor);
            }
        }
        let added = self.describe(&outputs[self.graph().output.len()..]);
        let mut graph = self.graph().clone();
        let names: BTreeSet<&str> = added.iter().map(ValueInfoProto::name).collect();
        graph.value_info.retain(|info| !names.contains(info.name()));
        graph.output.extend(added);
        self.with_graph(graph)
    }
}
