//! Removing dropout.

use std::collections::{BTreeMap, BTreeSet};

use crate::node::{captures, reads};
use crate::{Error, Model};

impl Model {
    /// Returns the model without its `Dropout` nodes, for inference. Nodes that read the output of a `Dropout` read its
    /// input instead.
    ///
    /// A `Dropout` stays when its output is an output of the model, when a node reads its mask, or when a graph inside a
    /// node reads it.
    ///
    /// # Errors
    /// The result is checked as every model is. The check fails only for a model that was not sound before.
    pub fn without_dropout(&self) -> Result<Self, Error> {
        let mut graph = self.graph().clone();
        let outputs = self.outputs();
        let read: BTreeSet<&str> = self.nodes().iter().flat_map(reads).chain(outputs.iter().copied()).collect();
        let captured: BTreeSet<String> = self.nodes().iter().flat_map(captures).map(str::to_owned).collect();
        let mut same: BTreeMap<String, String> = BTreeMap::new();
        graph.node.retain_mut(|node| {
            for input in &mut node.input {
                if let Some(before) = same.get(input) {
                    input.clone_from(before);
                }
            }
            let [data, ..] = node.input.as_slice() else { return true };
            let [kept, rest @ ..] = node.output.as_slice() else { return true };
            let fixed = outputs.contains(&kept.as_str()) || captured.contains(kept);
            let mask_read = rest.iter().any(|mask| read.contains(mask.as_str()));
            if node.op_type() != "Dropout" || mask_read || fixed {
                return true;
            }
            same.insert(kept.clone(), data.clone());
            false
        });
        graph.value_info.retain(|info| !same.contains_key(info.name()));
        self.with_graph(graph)?.cut_many(&outputs)
    }
}
