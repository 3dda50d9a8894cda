//! Folding of shapes that exporters compute node by node: they become constants. No cut then runs through these nodes, and a
//! network that reads its batch size from its own input can be cut above the input.

use std::collections::BTreeSet;

use crate::node::{input, int_attribute, is_standard};
use crate::onnx::{NodeProto, TensorProto};
use crate::shape::Value;
use crate::{Error, Model, Shapes, tensor};

/// Returns the model with a constant target for every `Reshape` whose target is known except for at most one size.
pub(crate) fn shapes(model: &Model) -> Result<Model, Error> {
    let known = model.shapes();
    let mut graph = model.graph().clone();
    let mut taken: BTreeSet<String> =
        model.tensors().into_iter().chain(graph.initializer.iter().map(TensorProto::name)).map(str::to_owned).collect();
    let stored: BTreeSet<String> = graph.initializer.iter().map(|stored| stored.name().to_owned()).collect();
    let mut constants = Vec::new();
    for node in graph.node.iter_mut().filter(|node| is_standard(node) && node.op_type() == "Reshape") {
        let spelled = input(node, 1).filter(|shape| !stored.contains(*shape));
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

/// Returns the target of a `Reshape` node, with 0 for a size that stays and -1 for the one unknown size.
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
