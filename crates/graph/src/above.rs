//! Taking the part of a model above a tensor.

use std::collections::BTreeSet;

use crate::fold;
use crate::node::reads;
use crate::onnx::TensorProto;
use crate::{Error, Model};

impl Model {
    /// Returns the part of the model from `tensor`, its only input, to `output`, its only output. It is the counterpart of
    /// [`Model::cut`].
    ///
    /// # Errors
    /// Returns an error for an unknown tensor, and when `output` does not depend on `tensor` or depends on an input of the
    /// model by another way as well.
    pub fn above(&self, tensor: &str, output: &str) -> Result<Self, Error> {
        self.require(&[tensor, output])?;
        let folded = fold::shapes(self)?;
        let mut graph = folded.graph().clone();
        let stored: BTreeSet<&str> = graph.initializer.iter().map(TensorProto::name).collect();
        let mut needed: BTreeSet<&str> = BTreeSet::from([output]);
        let mut kept = Vec::new();
        for node in folded.nodes().iter().rev() {
            let computes = |name: &String| name != tensor && needed.contains(name.as_str());
            if node.output.iter().any(computes) {
                needed.extend(reads(node));
                kept.push(node.clone());
            }
        }
        kept.reverse();
        let unsuitable = |reason: String| Error::Unsuitable { model: self.label().to_owned(), reason };
        if let Some(past) = folded.inputs().into_iter().find(|input| *input != tensor && needed.contains(input)) {
            return Err(unsuitable(format!(
                "`{output}` depends on `{past}` past `{tensor}`, so the model cannot be cut there"
            )));
        }
        if !needed.contains(tensor) {
            return Err(unsuitable(format!("`{output}` does not depend on `{tensor}`")));
        }
        let weights = graph.input.iter().filter(|input| stored.contains(input.name())).cloned();
        graph.input = folded.describe(&[tensor]).into_iter().chain(weights).collect();
        graph.value_info.retain(|info| info.name() != tensor && needed.contains(info.name()));
        graph.node = kept;
        graph.output = folded.describe(&[output]);
        self.with_graph(graph)?.cut(output)
    }
}
