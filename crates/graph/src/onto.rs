//! Names for a model that goes on top of another one.

use std::collections::{BTreeMap, BTreeSet};

use crate::onnx::{NodeProto, TensorProto, ValueInfoProto};
use crate::{Error, Model};

/// The prefix of a name of a head that the trunk has too.
const PREFIX: &str = "head/";

impl Model {
    /// Returns this model with names that fit on `trunk`. Its one input takes the name of the one output of `trunk`. Any other
    /// name that `trunk` has too gets the prefix `head/`, repeated until the name is new.
    ///
    /// # Errors
    /// Returns an error when this model does not have exactly one input, or `trunk` not exactly one output.
    pub fn onto(&self, trunk: &Self) -> Result<Self, Error> {
        let (&[input], &[output]) = (self.inputs().as_slice(), trunk.outputs().as_slice()) else {
            return Err(Error::Mismatch {
                trunk: trunk.label().to_owned(),
                head: self.label().to_owned(),
                reason: "the joint is not one output and one input".to_owned(),
            });
        };
        let taken: BTreeSet<&str> = all(trunk).collect();
        let own: BTreeSet<&str> = all(self).collect();
        let mut names: BTreeMap<&str, String> = BTreeMap::new();
        for name in own.iter().copied().filter(|name| taken.contains(name)) {
            let mut new = format!("{PREFIX}{name}");
            while taken.contains(new.as_str()) || own.contains(new.as_str()) {
                new.insert_str(0, PREFIX);
            }
            names.insert(name, new);
        }
        names.insert(input, output.to_owned());
        self.with_names(&names)
    }

    /// Returns the model with other names for some of its tensors and nodes. Graphs inside nodes stay as they are.
    fn with_names(&self, names: &BTreeMap<&str, String>) -> Result<Self, Error> {
        let rename = |name: &mut String| {
            if let Some(new) = names.get(name.as_str()) {
                name.clone_from(new);
            }
        };
        let mut graph = self.graph().clone();
        for info in graph.input.iter_mut().chain(&mut graph.output).chain(&mut graph.value_info) {
            info.name.iter_mut().for_each(rename);
        }
        for stored in &mut graph.initializer {
            stored.name.iter_mut().for_each(rename);
        }
        for node in &mut graph.node {
            node.input.iter_mut().chain(&mut node.output).for_each(rename);
            node.name.iter_mut().for_each(rename);
        }
        self.with_graph(graph)
    }
}

/// Returns the names of all tensors, weights and nodes.
fn all(model: &Model) -> impl Iterator<Item = &str> {
    let graph = model.graph();
    let described = graph.input.iter().chain(&graph.output).chain(&graph.value_info).map(ValueInfoProto::name);
    let weights = graph.initializer.iter().map(TensorProto::name);
    let sparse = graph.sparse_initializer.iter().filter_map(|sparse| sparse.values.as_ref()).map(TensorProto::name);
    let computed = graph.node.iter().flat_map(|node| node.output.iter().map(String::as_str));
    let nodes = graph.node.iter().map(NodeProto::name);
    described.chain(weights).chain(sparse).chain(computed).chain(nodes).filter(|name| !name.is_empty())
}
