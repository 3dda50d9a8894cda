//! The check of a model. It happens once, when a model is read or built, so that the rest of the crate can rely on it.

use std::collections::BTreeSet;

use crate::node::{node_name, reads, subgraphs};
use crate::onnx::{AttributeProto, GraphProto, ModelProto, NodeProto, SparseTensorProto, TensorProto, ValueInfoProto};
use crate::{Error, tensor};

/// The newest version of the file format that the crate reads.
const NEWEST_IR: i64 = 10;

/// Checks everything that [`crate::Model`] guarantees.
pub(crate) fn model(label: &str, proto: &ModelProto) -> Result<(), Error> {
    let malformed = |reason: String| Error::Malformed { model: label.to_owned(), reason };
    let Some(graph) = &proto.graph else {
        return Err(malformed("it has no graph: the file is truncated, or of another kind".to_owned()));
    };
    if !(1..=NEWEST_IR).contains(&proto.ir_version()) {
        return Err(malformed(format!("its format version is {}, supported are 1 to {NEWEST_IR}", proto.ir_version())));
    }
    if !proto.opset_import.iter().any(|set| matches!(set.domain(), "" | "ai.onnx") && set.version() > 0) {
        return Err(malformed("it does not import the standard operators".to_owned()));
    }
    for stored in stored_tensors(proto, graph) {
        if let Some(location) = tensor::external(stored) {
            return Err(Error::ExternalData {
                model: label.to_owned(),
                tensor: stored.name().to_owned(),
                location: location.to_owned(),
            });
        }
        tensor::check(stored).map_err(|reason| Error::Tensor {
            model: label.to_owned(),
            tensor: stored.name().to_owned(),
            reason,
        })?;
    }
    names(graph).map_err(malformed)
}

/// Returns every tensor whose values the model stores, including those inside nodes, functions and graphs for training.
fn stored_tensors<'a>(proto: &'a ModelProto, graph: &'a GraphProto) -> Vec<&'a TensorProto> {
    let mut found = Vec::new();
    collect_graph(graph, &mut found);
    for function in &proto.functions {
        function.node.iter().for_each(|node| collect_node(node, &mut found));
        collect_attributes(&function.attribute_proto, &mut found);
    }
    let training = proto.training_info.iter();
    training.flat_map(|info| info.initialization.iter().chain(&info.algorithm)).for_each(|graph| {
        collect_graph(graph, &mut found);
    });
    found
}

fn collect_graph<'a>(graph: &'a GraphProto, found: &mut Vec<&'a TensorProto>) {
    found.extend(&graph.initializer);
    found.extend(graph.sparse_initializer.iter().flat_map(parts));
    graph.node.iter().for_each(|node| collect_node(node, found));
}

fn parts(sparse: &SparseTensorProto) -> impl Iterator<Item = &TensorProto> {
    sparse.values.iter().chain(&sparse.indices)
}

fn collect_node<'a>(node: &'a NodeProto, found: &mut Vec<&'a TensorProto>) {
    collect_attributes(&node.attribute, found);
}

fn collect_attributes<'a>(attributes: &'a [AttributeProto], found: &mut Vec<&'a TensorProto>) {
    for attribute in attributes {
        found.extend(attribute.t.as_deref().into_iter().chain(&attribute.tensors));
        found.extend(attribute.sparse_tensor.as_deref().into_iter().chain(&attribute.sparse_tensors).flat_map(parts));
        subgraphs(attribute).for_each(|graph| collect_graph(graph, found));
    }
}

/// Checks that every name is defined once, and before it is used.
fn names(graph: &GraphProto) -> Result<(), String> {
    let mut known = BTreeSet::new();
    for input in graph.input.iter().map(ValueInfoProto::name) {
        if input.is_empty() || !known.insert(input) {
            return Err(format!("two inputs are called `{input}`"));
        }
    }
    let sparse = graph.sparse_initializer.iter().filter_map(|sparse| sparse.values.as_ref());
    let mut weights = BTreeSet::new();
    for weight in graph.initializer.iter().chain(sparse).map(TensorProto::name) {
        if weight.is_empty() || !weights.insert(weight) {
            return Err(format!("two weights are called `{weight}`"));
        }
    }
    known.extend(weights);
    for node in &graph.node {
        if node.op_type().is_empty() {
            return Err(format!("node `{}` has no operator", node_name(node)));
        }
        if let Some(missing) = reads(node).into_iter().find(|name| !known.contains(name)) {
            let name = node_name(node);
            return Err(format!("node `{name}` uses `{missing}`, which nothing before it computes"));
        }
        for output in node.output.iter().filter(|name| !name.is_empty()) {
            if !known.insert(output) {
                return Err(format!("two nodes compute `{output}`, or one computes an input"));
            }
        }
    }
    if graph.output.is_empty() {
        return Err("it has no output".to_owned());
    }
    match graph.output.iter().map(ValueInfoProto::name).find(|name| !known.contains(name)) {
        Some(missing) => Err(format!("its output `{missing}` is computed nowhere")),
        None => Ok(()),
    }
}
