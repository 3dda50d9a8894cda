//! Replacing nodes of a graph.

use std::collections::{BTreeMap, BTreeSet};

use graph::Shapes;
use graph::builder::Node;
use graph::node::reads;
use graph::onnx::{GraphProto, NodeProto, TensorProto, ValueInfoProto};

use crate::operators::names::DOMAIN;

/// Changes a graph by `rewrite`, which returns whether it changed anything, and updates the descriptions of tensors.
///
/// Descriptions of tensors that no longer exist go. Outputs of our own operators get one, because ONNX Runtime has no
/// shape rule for them.
pub(super) fn changed(graph: &mut GraphProto, rewrite: impl FnOnce(&mut GraphProto, &Shapes) -> bool) -> bool {
    let shapes = Shapes::of(graph);
    if !rewrite(graph, &shapes) {
        return false;
    }
    let computed: BTreeSet<&str> = graph.node.iter().flat_map(|node| &node.output).map(String::as_str).collect();
    let inputs: BTreeSet<&str> = graph.input.iter().map(ValueInfoProto::name).collect();
    let stored: BTreeSet<&str> = graph.initializer.iter().map(TensorProto::name).collect();
    graph.value_info.retain(|info| [&computed, &inputs, &stored].iter().any(|names| names.contains(info.name())));
    describe(graph, &shapes);
    true
}

/// Replaces nodes and returns whether there was one to replace. The order of the nodes stays.
///
/// `own` returns the nodes that replace a node. It adds the outputs of later nodes that the replacement computes as well
/// to the set, and those nodes go.
pub(super) fn replace(
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

/// Returns the only reader of each tensor that is read exactly once, by the name of the tensor. Graph outputs count as
/// reads.
pub(super) fn only_readers(graph: &GraphProto) -> BTreeMap<String, NodeProto> {
    let mut reads_of: BTreeMap<&str, usize> = BTreeMap::new();
    for name in graph.node.iter().flat_map(reads).chain(graph.output.iter().map(ValueInfoProto::name)) {
        *reads_of.entry(name).or_default() += 1;
    }
    let pairs = graph.node.iter().flat_map(|node| reads(node).into_iter().map(move |name| (name, node)));
    pairs
        .filter(|(name, _)| reads_of.get(name) == Some(&1))
        .map(|(name, node)| (name.to_owned(), node.clone()))
        .collect()
}

fn describe(graph: &mut GraphProto, shapes: &Shapes) {
    let described: BTreeSet<&str> = graph.value_info.iter().chain(&graph.output).map(ValueInfoProto::name).collect();
    let own = graph.node.iter().filter(|node| node.domain() == DOMAIN).flat_map(|node| &node.output);
    let missing =
        own.filter(|name| !name.is_empty() && !described.contains(&name.as_str()) && shapes.get(name).is_some());
    let new: Vec<_> = missing.map(|name| shapes.describe(name)).collect();
    graph.value_info.extend(new);
}
