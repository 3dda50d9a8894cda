//! Shapes that exporters spell out node by node become constants: then no cut runs through them, and a network that
//! takes its batch size from its own input can be taken apart above it.

use crate::node::{input, int_attribute, is_standard};
use crate::onnx::{NodeProto, TensorProto};
use crate::shape::Value;
use crate::{Error, Model, Shapes, tensor};

/// The same model with every `Reshape` whose target is known, but for one size, told by a constant.
pub(crate) fn shapes(model: &Model) -> Result<Model, Error> {
    let known = model.shapes();
    let mut graph = model.graph().clone();
    let mut taken: std::collections::BTreeSet<String> =
        model.tensors().into_iter().chain(graph.initializer.iter().map(TensorProto::name)).map(str::to_owned).collect();
    let stored: Vec<String> = graph.initializer.iter().map(|stored| stored.name().to_owned()).collect();
    let mut constants = Vec::new();
    for node in graph.node.iter_mut().filter(|node| is_standard(node) && node.op_type() == "Reshape") {
        let spelled = input(node, 1).filter(|shape| !stored.iter().any(|name| name == shape));
        let Some(target) = spelled.and_then(|_| target(node, &known)) else { continue };
        let hint = format!("{}.shape", node.output.first().map(String::as_str).unwrap_or_default());
        let numbered = (1..).map(|number| format!("{hint}.{number}"));
        let Some(name) = std::iter::once(hint.clone()).chain(numbered).find(|name| !taken.contains(name)) else {
            continue;
        };
        taken.insert(name.clone());
        constants.push(tensor::from_integers(&name, &target));
        node.input[1] = name;
    }
    if constants.is_empty() {
        return Ok(model.clone());
    }
    graph.initializer.extend(constants);
    model.with_graph(graph)?.cut_many(&model.outputs())
}

/// What a `Reshape` node's second input comes to.
fn target(node: &NodeProto, known: &Shapes) -> Option<Vec<i64>> {
    if int_attribute(node, "allowzero").unwrap_or(0) != 0 {
        return None;
    }
    let from = known.get(input(node, 0)?);
    let wanted = known.values(input(node, 1)?)?;
    let mut free = !wanted.contains(&Value::Known(-1));
    let one = |(place, value): (usize, &Value)| match value {
        Value::Known(size) => Some(*size),
        open if from.and_then(|from| from.get(place)).map(Value::from).as_ref() == Some(open) => Some(0),
        Value::Open(_) => std::mem::replace(&mut free, false).then_some(-1),
    };
    wanted.iter().enumerate().map(one).collect()
}
