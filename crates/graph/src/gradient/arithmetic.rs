//! Gradients of element-wise arithmetic, and what stretching a small tensor over a large one does to them.

use super::walk::Walk;
use crate::builder::Node;
use crate::node::input;
use crate::onnx::NodeProto;

/// `dX = dY`.
pub(super) fn identity(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    if node.op_type() == "Dropout" && input(node, 2).is_some() {
        return Err("whether it is in training is told while it runs: export the model for evaluation".to_owned());
    }
    if let [input, ..] = node.input.as_slice() {
        walk.pass(input, incoming);
    }
    Ok(())
}

/// Every input gets `dY`, summed over what it was stretched along.
pub(super) fn add(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    for input in &node.input {
        if walk.wants(input) {
            let part = unstretched(walk, &incoming, node, input)?;
            walk.pass(input, part);
        }
    }
    Ok(())
}

/// Names of the two inputs.
fn operands(node: &NodeProto) -> Result<[&str; 2], String> {
    match (input(node, 0), input(node, 1)) {
        (Some(a), Some(b)) => Ok([a, b]),
        _ => Err("it does not have two inputs".to_owned()),
    }
}

/// `dA = dY`, `dB = -dY`.
pub(super) fn sub(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let [a, b] = operands(node)?;
    if walk.wants(a) {
        let part = unstretched(walk, &incoming, node, a)?;
        walk.pass(a, part);
    }
    if walk.wants(b) {
        let part = unstretched(walk, &incoming, node, b)?;
        walk.give(b, |name| Node::new("Neg", name).inputs([part]));
    }
    Ok(())
}

/// `dA = dY * B` and the other way round; a mask that is fed in gets none.
pub(super) fn mul(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let [a, b] = operands(node)?;
    for (input, other) in [(a, b), (b, a)] {
        if walk.wants(input) {
            let product = walk.both("Mul", &format!("{input}_grad.product"), &incoming, other);
            let part = unstretched(walk, &product, node, input)?;
            walk.pass(input, part);
        }
    }
    Ok(())
}

/// `dA = dY / B`, `dB = -dY / B * Y`.
pub(super) fn div(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let [a, b] = operands(node)?;
    let quotient = walk.both("Div", &format!("{incoming}.quotient"), &incoming, b);
    if walk.wants(a) {
        let part = unstretched(walk, &quotient, node, a)?;
        walk.pass(a, part);
    }
    if walk.wants(b) {
        let y = node.output.first().map(String::as_str).unwrap_or_default();
        let product = walk.both("Mul", &format!("{b}_grad.product"), &quotient, y);
        let part = unstretched(walk, &product, node, b)?;
        walk.give(b, |name| Node::new("Neg", name).inputs([part]));
    }
    Ok(())
}

/// `dX` is `dY`, summed over what it was stretched along.
pub(super) fn expand(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let input = input(node, 0).filter(|input| walk.wants(input)).map(str::to_owned);
    if let Some(input) = input {
        let part = unstretched(walk, &incoming, node, &input)?;
        walk.pass(&input, part);
    }
    Ok(())
}

/// `gradient`, which has the shape of the node's output, summed to the shape of `input`, which the node stretched.
pub(super) fn unstretched(
    walk: &mut Walk<'_>,
    gradient: &str,
    node: &NodeProto,
    input: &str,
) -> Result<String, String> {
    let from = walk.shape(node.output.first().map(String::as_str).unwrap_or_default())?;
    let to = walk.shape(input)?;
    summed(walk, gradient, input, from, to)
}

/// `gradient` of shape `from`, summed to the shape `to` of `input`, which was stretched to it.
pub(super) fn summed(
    walk: &mut Walk<'_>,
    gradient: &str,
    input: &str,
    from: &[crate::Dim],
    to: &[crate::Dim],
) -> Result<String, String> {
    let extra = from.len().saturating_sub(to.len());
    let front: Vec<i64> = (0..extra as i64).collect();
    let mut ones = Vec::new();
    for (axis, (large, small)) in from[extra..].iter().zip(to).enumerate() {
        if small.size() == Some(1) && large.size() != Some(1) {
            ones.push(axis as i64);
        } else if small != large {
            return Err(format!("whether axis {axis} of `{input}` is stretched is only known when it runs"));
        }
    }
    let mut gradient = gradient.to_owned();
    for (axes, keep) in [(front, 0), (ones, 1)] {
        if !axes.is_empty() {
            gradient = total(walk, &gradient, input, &axes, keep);
        }
    }
    Ok(gradient)
}

/// `gradient`, summed along axes on the way to the gradient of `input`.
pub(super) fn total(walk: &mut Walk<'_>, gradient: &str, input: &str, axes: &[i64], keep: i64) -> String {
    let axes = walk.integers(&format!("{input}_grad.axes"), axes);
    let hint = format!("{input}_grad.total");
    walk.between(&hint, |name| Node::new("ReduceSum", name).inputs([gradient, axes.as_str()]).int("keepdims", keep))
}
