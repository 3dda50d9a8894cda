//! Gradients of element-wise arithmetic, and what stretching a small tensor over a large one does to them.

use super::Walk;
use crate::builder::Node;
use crate::onnx::NodeProto;

/// `dX = dY`.
pub(super) fn identity(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
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

/// `dA = dY * B` and the other way round; a mask that is fed in gets none.
pub(super) fn mul(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let [a, b] = node.input.as_slice() else { return Err("it does not have two inputs".to_owned()) };
    for (input, other) in [(a, b), (b, a)] {
        if walk.wants(input) {
            let hint = format!("{input}_grad.product");
            let product = walk.between(&hint, |name| Node::new("Mul", name).inputs([&incoming, other]));
            let part = unstretched(walk, &product, node, input)?;
            walk.pass(input, part);
        }
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
    let output = node.output.first().map(String::as_str).unwrap_or_default();
    let (Some(from), Some(to)) = (walk.shapes.get(output), walk.shapes.get(input)) else {
        return Err(format!("the shapes of `{output}` and `{input}` are not known"));
    };
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
            let axes = walk.integers(&format!("{input}_grad.axes"), &axes);
            gradient = walk.between(&format!("{input}_grad.total"), |name| {
                Node::new("ReduceSum", name).inputs([&gradient, &axes]).int("keepdims", keep)
            });
        }
    }
    Ok(gradient)
}
