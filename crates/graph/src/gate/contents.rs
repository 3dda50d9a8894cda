//! The check of the contents of a model from a file: one graph of standard operators with stored weights, and usable names.

use std::collections::BTreeSet;

use crate::node::{int_attribute, is_standard, node_name, subgraphs};
use crate::onnx::{NodeProto, TensorProto, ValueInfoProto, tensor_proto::DataType};
use crate::{Error, Model, shape};

/// The most nodes of a graph. The largest classifiers have a few thousand.
const MOST_NODES: usize = 10_000;
/// The newest operator set of the standard that ONNX Runtime 1.19 runs.
const NEWEST_OPSET: i64 = 21;
/// The longest name in bytes.
const LONGEST_NAME: usize = 512;
/// The element types of stored tensors.
const TYPES: [DataType; 11] = [
    DataType::Float,
    DataType::Float16,
    DataType::Bfloat16,
    DataType::Double,
    DataType::Bool,
    DataType::Int8,
    DataType::Int16,
    DataType::Int32,
    DataType::Int64,
    DataType::Uint8,
    DataType::Uint32,
];

pub(super) fn check(model: &Model) -> Result<(), Error> {
    let refused = |reason: &str| Error::Unsuitable { model: model.label().to_owned(), reason: reason.to_owned() };
    let (frame, graph) = (model.frame(), model.graph());
    if !frame.functions.is_empty() {
        return Err(refused("it defines functions of its own, which are not supported"));
    }
    if !frame.training_info.is_empty() {
        return Err(refused("it contains graphs for training, which are not supported"));
    }
    if !graph.sparse_initializer.is_empty() {
        return Err(refused("it stores sparse tensors, which are not supported"));
    }
    if model.opset() > NEWEST_OPSET {
        return Err(refused(&format!("it uses operator set {}, supported are 1 to {NEWEST_OPSET}", model.opset())));
    }
    if graph.node.len() > MOST_NODES {
        let count = graph.node.len();
        return Err(refused(&format!("it has {count} nodes, supported are at most {MOST_NODES}")));
    }
    names(model)?;
    graph.node.iter().try_for_each(|node| check_node(model, node))?;
    graph.initializer.iter().try_for_each(|stored| check_type(model, stored))
}

fn check_node(model: &Model, node: &NodeProto) -> Result<(), Error> {
    let refused = |reason: String| Err(error(model, node, reason));
    if !is_standard(node) {
        return refused(format!("the operator set `{}` is not supported, only the standard one is", node.domain()));
    }
    if node.attribute.iter().any(|attribute| subgraphs(attribute).next().is_some()) {
        return refused("a graph inside a node (a loop or a branch) is not supported".to_owned());
    }
    if !shape::is_known(node.op_type()) {
        return refused("the operator is not supported".to_owned());
    }
    if is_training(model, node) {
        return refused(
            "it is in training mode: export the model for inference (in PyTorch, call `eval()` first)".to_owned(),
        );
    }
    for attribute in &node.attribute {
        if attribute.sparse_tensor.is_some() || !attribute.sparse_tensors.is_empty() {
            return refused(format!("`{}` is a sparse tensor, which is not supported", attribute.name()));
        }
        if !attribute.ref_attr_name().is_empty() {
            return refused(format!("`{}` refers to an attribute of a function", attribute.name()));
        }
        attribute
            .t
            .as_deref()
            .into_iter()
            .chain(&attribute.tensors)
            .try_for_each(|stored| check_type(model, stored))?;
    }
    Ok(())
}

/// Returns whether a node draws random numbers or uses the statistics of the batch.
fn is_training(model: &Model, node: &NodeProto) -> bool {
    match node.op_type() {
        "BatchNormalization" => int_attribute(node, "training_mode").is_some_and(|mode| mode != 0),
        // The mode is the third input. A mode that is computed can be either.
        "Dropout" => node.input.get(2).is_some_and(|mode| {
            let stored = model.graph().initializer.iter().find(|stored| stored.name() == mode);
            let is_off = |stored: &TensorProto| {
                stored.raw_data().iter().all(|byte| *byte == 0) && stored.int32_data.iter().all(|value| *value == 0)
            };
            !mode.is_empty() && !stored.is_some_and(is_off)
        }),
        _ => false,
    }
}

/// Returns the error about a node.
pub(super) fn error(model: &Model, node: &NodeProto, reason: String) -> Error {
    Error::Node {
        model: model.label().to_owned(),
        node: node_name(node).to_owned(),
        operator: node.op_type().to_owned(),
        reason,
    }
}

fn check_type(model: &Model, stored: &TensorProto) -> Result<(), Error> {
    let kind = DataType::try_from(stored.data_type()).unwrap_or_default();
    if TYPES.contains(&kind) {
        return Ok(());
    }
    let reason = format!("its elements are {}, which is not supported", kind.as_str_name().to_lowercase());
    Err(Error::Tensor { model: model.label().to_owned(), tensor: stored.name().to_owned(), reason })
}

/// Checks the names of tensors and nodes. They appear in messages, tables and file names.
fn names(model: &Model) -> Result<(), Error> {
    let graph = model.graph();
    let malformed = |reason: String| Error::Malformed { model: model.label().to_owned(), reason };
    let infos = graph.input.iter().chain(&graph.output).chain(&graph.value_info).map(ValueInfoProto::name);
    let stored = graph.initializer.iter().map(TensorProto::name);
    let outputs = graph.node.iter().flat_map(|node| node.output.iter().map(String::as_str));
    let mut nodes = BTreeSet::new();
    for name in graph.node.iter().map(NodeProto::name) {
        if !name.is_empty() && !nodes.insert(name) {
            return Err(malformed(format!("two nodes are called `{}`", shown(name))));
        }
    }
    for name in infos.chain(stored).chain(outputs).chain(nodes) {
        if name.len() > LONGEST_NAME {
            let reason = format!("a name has {} bytes, supported are at most {LONGEST_NAME}", name.len());
            return Err(malformed(format!("{reason}: `{}`", shown(name))));
        }
        if name.chars().any(char::is_control) {
            return Err(malformed(format!("a name contains control characters: `{}`", shown(name))));
        }
    }
    Ok(())
}

/// Returns the beginning of a name, with its control characters escaped.
fn shown(name: &str) -> String {
    let mut text: String =
        name.chars().take(40).flat_map(|c| if c.is_control() { escaped(c) } else { vec![c] }).collect();
    if name.chars().nth(40).is_some() {
        text.push('…');
    }
    text
}

fn escaped(c: char) -> Vec<char> {
    c.escape_default().collect()
}
