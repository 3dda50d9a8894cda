//! Gradients of element-wise arithmetic, with broadcasting.

use super::walk::Walk;
use crate::builder::Node;
use crate::node::input;
use crate::onnx::NodeProto;

/// Builds `dX = dY`.
pub(super) fn identity(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    if node.op_type() == "Dropout" && input(node, 2).is_some() {
        return Err("an input decides whether it is in training: export the model for inference".to_owned());
    }
    if let [input, ..] = node.input.as_slice() {
        walk.pass(input, incoming);
    }
    Ok(())
}

/// Builds the gradient of each input: `dY`, summed over the axes along which it was broadcast.
pub(super) fn add(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    for input in &node.input {
        if walk.wants(input) {
            let part = unbroadcast(walk, &incoming, node, input)?;
            walk.pass(input, part);
        }
    }
    Ok(())
}

/// Returns the names of the two inputs.
fn operands(node: &NodeProto) -> Result<[&str; 2], String> {
    match (input(node, 0), input(node, 1)) {
        (Some(a), Some(b)) => Ok([a, b]),
        _ => Err("it does not have two inputs".to_owned()),
    }
}

/// Builds `dA = dY` and `dB = -dY`.
pub(super) fn sub(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let [a, b] = operands(node)?;
    if walk.wants(a) {
        let part = unbroadcast(walk, &incoming, node, a)?;
        walk.pass(a, part);
    }
    if walk.wants(b) {
        let part = unbroadcast(walk, &incoming, node, b)?;
        walk.give(b, |name| Node::new("Neg", name).inputs([part]));
    }
    Ok(())
}

/// Builds `dA = dY * B` and `dB = dY * A`.
pub(super) fn mul(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let [a, b] = operands(node)?;
    for (input, other) in [(a, b), (b, a)] {
        if walk.wants(input) {
            let product = walk.both("Mul", &format!("{input}_grad.product"), &incoming, other);
            let part = unbroadcast(walk, &product, node, input)?;
            walk.pass(input, part);
        }
    }
    Ok(())
}

/// Builds `dA = dY / B` and `dB = -dY / B * Y`.
pub(super) fn div(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let [a, b] = operands(node)?;
    let quotient = walk.both("Div", &format!("{incoming}.quotient"), &incoming, b);
    if walk.wants(a) {
        let part = unbroadcast(walk, &quotient, node, a)?;
        walk.pass(a, part);
    }
    if walk.wants(b) {
        let y = node.output.first().map(String::as_str).unwrap_or_default();
        let product = walk.both("Mul", &format!("{b}_grad.product"), &quotient, y);
        let part = unbroadcast(walk, &product, node, b)?;
        walk.give(b, |name| Node::new("Neg", name).inputs([part]));
    }
    Ok(())
}

/// Builds `dX`: `dY`, summed over the axes along which `X` was broadcast.
pub(super) fn expand(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let input = input(node, 0).filter(|input| walk.wants(input)).map(str::to_owned);
    if let Some(input) = input {
        let part = unbroadcast(walk, &incoming, node, &input)?;
        walk.pass(&input, part);
    }
    Ok(())
}

/// Sums `gradient`, which has the shape of the node's output, to the shape of `input`, which the node broadcast.
pub(super) fn unbroadcast(
    walk: &mut Walk<'_>,
    gradient: &str,
    node: &NodeProto,
    input: &str,
) -> Result<String, String> {
    let from = walk.shape(node.output.first().map(String::as_str).unwrap_or_default())?;
    let to = walk.shape(input)?;
    summed(walk, gradient, input, from, to)
}

/// Sums `gradient` of shape `from` to the shape `to` of `input`, which was broadcast.
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
            return Err(format!("whether axis {axis} of `{input}` is broadcast is not known before the model runs"));
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

/// Sums `gradient` along axes, as an intermediate result of the gradient of `input`.
pub(super) fn total(walk: &mut Walk<'_>, gradient: &str, input: &str, axes: &[i64], keep: i64) -> String {
    let axes = walk.integers(&format!("{input}_grad.axes"), axes);
    let hint = format!("{input}_grad.total");
    walk.between(&hint, |name| Node::new("ReduceSum", name).inputs([gradient, axes.as_str()]).int("keepdims", keep))
}
