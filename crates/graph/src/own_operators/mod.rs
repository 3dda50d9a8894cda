//! Operators of our own, which crate `runtime` brings along, in place of the runtime's.
//!
//! A model with them is for a session that is opened right away. What is saved has none: it is for everybody's runtime.

mod convolution;
mod dense;

use std::collections::{BTreeMap, BTreeSet};

use crate::builder::Node;
use crate::check::reads;
use crate::onnx::{GraphProto, NodeProto, OperatorSetIdProto, TensorProto, ValueInfoProto};
use crate::{Error, Model, Shapes, shape};

/// The domain of the operators that crate `runtime` brings along.
pub(crate) const DOMAIN: &str = "tunescope";

/// Weights of a dense layer from which on the runtime spends more time on laying them out anew than on the product, and from
/// which on it is worth while to go through them once only.
pub(crate) const LARGE: usize = 1 << 20;

/// Which convolutions our own operators compute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Convolutions {
    /// None: all are the runtime's.
    Runtime,
    /// Those that take less time than the runtime's, by [`kernels::worthwhile`].
    #[default]
    Fastest,
    /// All over pictures of two axes whose sizes are known before the run.
    Own,
}

impl Model {
    /// The same model with convolutions, gradients of convolutions that [`crate::backward`] built, and dense layers of a million
    /// weights and more as operators of crate `runtime`, for a session that has those. With [`Convolutions::Runtime`] it
    /// stays as it is.
    ///
    /// A `Relu` that alone reads the output of such a layer becomes part of it, and behind a convolution a `MaxPool` too; the
    /// tensors in between are then no more. `Conv` and `ConvTranspose` with attributes that make no sense stay as they are, for
    /// the runtime to refuse.
    ///
    /// # Errors
    /// None for a model with known operators; the model is checked again.
    pub fn with_own_operators(&self, which: Convolutions) -> Result<Self, Error> {
        let mut graph = self.graph().clone();
        let convolved = rewrite(&mut graph, which);
        let dense = which != Convolutions::Runtime && changed(&mut graph, |graph, _| dense::rewrite(graph, self));
        if !convolved && !dense {
            return Ok(self.clone());
        }
        let mut proto = self.to_proto();
        if proto.opset_import.iter().all(|set| set.domain() != DOMAIN) {
            proto.opset_import.push(OperatorSetIdProto { domain: Some(DOMAIN.to_owned()), version: Some(1) });
        }
        proto.graph = Some(graph);
        Self::from_proto(self.label(), proto)
    }
}

/// Puts the operators for convolutions into a graph, which keeps the order of its nodes; whether there was a place for any.
/// Outputs that are not in the graph's list yet must not be read off between a convolution and its `Relu` or `MaxPool`.
pub(crate) fn rewrite(graph: &mut GraphProto, which: Convolutions) -> bool {
    which != Convolutions::Runtime && changed(graph, |graph, shapes| convolution::rewrite(graph, which, shapes))
}

/// Changes a graph by `rewrite`, and drops what was known of tensors that are then no more.
fn changed(graph: &mut GraphProto, rewrite: impl FnOnce(&mut GraphProto, &Shapes) -> bool) -> bool {
    let shapes = shape::infer(graph, &[]);
    if !rewrite(graph, &shapes) {
        return false;
    }
    let made: BTreeSet<&str> = graph.node.iter().flat_map(|node| &node.output).map(String::as_str).collect();
    let given: BTreeSet<&str> = graph.input.iter().map(ValueInfoProto::name).collect();
    let stored: BTreeSet<&str> = graph.initializer.iter().map(TensorProto::name).collect();
    graph.value_info.retain(|info| [&made, &given, &stored].iter().any(|names| names.contains(info.name())));
    describe(graph, &shapes);
    true
}

/// Replaces nodes, whose order stays; whether there was one to replace. `own` says what stands in place of a node, and adds the
/// outputs of those behind it that it takes in to the set.
fn replace(
    graph: &mut GraphProto,
    mut own: impl FnMut(&NodeProto, &mut BTreeSet<String>) -> Option<Vec<Node>>,
) -> bool {
    let (mut nodes, mut taken_in, mut changed) = (Vec::with_capacity(graph.node.len()), BTreeSet::new(), false);
    for node in std::mem::take(&mut graph.node) {
        if node.output.iter().any(|output| taken_in.contains(output)) {
            continue;
        }
        match own(&node, &mut taken_in) {
            Some(own) => {
                changed = true;
                nodes.extend(own.into_iter().map(NodeProto::from));
            }
            None => nodes.push(node),
        }
    }
    graph.node = nodes;
    changed
}

/// By tensor, the node that alone reads it, and once.
fn only_readers(graph: &GraphProto) -> BTreeMap<String, NodeProto> {
    let mut readers: BTreeMap<&str, usize> = BTreeMap::new();
    for name in graph.node.iter().flat_map(reads).chain(graph.output.iter().map(ValueInfoProto::name)) {
        *readers.entry(name).or_default() += 1;
    }
    let pairs = graph.node.iter().flat_map(|node| reads(node).into_iter().map(move |name| (name, node)));
    pairs
        .filter(|(name, _)| readers.get(name) == Some(&1))
        .map(|(name, node)| (name.to_owned(), node.clone()))
        .collect()
}

/// Tells the runtime the shapes of what the operators compute: it knows no rule for them.
fn describe(graph: &mut GraphProto, shapes: &Shapes) {
    let told: Vec<&str> = graph.value_info.iter().chain(&graph.output).map(ValueInfoProto::name).collect();
    let own = graph.node.iter().filter(|node| node.domain() == DOMAIN).flat_map(|node| &node.output);
    let missing = own.filter(|name| !name.is_empty() && !told.contains(&name.as_str()) && shapes.get(name).is_some());
    let described: Vec<_> = missing.map(|name| shapes.describe(name)).collect();
    graph.value_info.extend(described);
}
