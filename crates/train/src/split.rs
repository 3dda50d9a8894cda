//! Finds the single tensor below the deepest trained layer, and takes the part above it.

use std::collections::BTreeSet;

use anyhow::{Context, Result, anyhow};
use graph::Model;
use graph::builder::Builder;
use graph::onnx::{NodeProto, TensorProto};

/// A place to cut.
pub(crate) struct Split {
    /// The tensor through which everything flows.
    pub tensor: String,
    /// The weights of the layer and of all after it.
    pub trained: Vec<String>,
}

/// The nearest tensor below the node that computes `layer` through which all that it and the nodes after it read of
/// the input flows. One that dropout makes is none: dropout is drawn anew in each step.
pub(crate) fn split(model: &Model, layer: &str) -> Result<Split> {
    let nodes = model.nodes();
    let place = nodes.iter().position(|node| node.output.iter().any(|name| name == layer));
    let place = place.with_context(|| format!("{} has no layer `{layer}`", model.label()))?;
    let stored: BTreeSet<&str> = model.graph().initializer.iter().map(TensorProto::name).collect();
    let mut trained: Vec<String> = Vec::new();
    for name in nodes[place..].iter().flat_map(|node| &node.input).filter(|name| stored.contains(name.as_str())) {
        if !trained.contains(name) {
            trained.push(name.clone());
        }
    }
    let below = nodes[..place].iter().rev().filter(|node| node.op_type() != "Dropout").flat_map(|node| &node.output);
    let candidates = below.map(String::as_str).chain(model.inputs());
    let inputs = model.inputs();
    for tensor in candidates {
        let needed = needed(model, tensor);
        let others = inputs.iter().any(|input| *input != tensor && needed.contains(input));
        if !others && needed.contains(tensor) {
            return Ok(Split { tensor: tensor.to_owned(), trained });
        }
    }
    Err(anyhow!("{}: no single tensor below `{layer}` feeds all that lies above", model.label()))
}

/// Every tensor that the outputs are computed from, and nothing below `tensor`.
fn needed<'a>(model: &'a Model, tensor: &str) -> BTreeSet<&'a str> {
    let mut needed: BTreeSet<&str> = model.outputs().into_iter().collect();
    for node in model.nodes().iter().rev() {
        if computes_above(node, &needed, tensor) {
            needed.extend(node.input.iter().map(String::as_str));
        }
    }
    needed
}

fn computes_above(node: &NodeProto, needed: &BTreeSet<&str>, tensor: &str) -> bool {
    node.output.iter().any(|name| name != tensor && needed.contains(name.as_str()))
}

/// The part of the model from `tensor`, `[n, …item]`, its new input, to its outputs.
pub(crate) fn above(model: &Model, tensor: &str, item: &[usize]) -> Result<Model> {
    let needed = needed(model, tensor);
    let mut proto = model.to_proto();
    let input = Builder::new("input").batch_input(tensor, item).finish(&[tensor])?.to_proto().graph;
    if let (Some(graph), Some(input)) = (proto.graph.as_mut(), input) {
        graph.node.retain(|node| computes_above(node, &needed, tensor));
        graph.initializer.retain(|stored| needed.contains(stored.name()));
        graph.value_info.retain(|info| needed.contains(info.name()) && info.name() != tensor);
        graph.input = input.input;
    }
    Ok(Model::from_proto(model.label(), proto)?)
}
