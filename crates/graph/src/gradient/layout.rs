//! Gradients of operators that change the shape or the order of values.

use super::walk::Walk;
use crate::builder::Node;
use crate::node::{input, ints_attribute};
use crate::onnx::NodeProto;

/// Builds `dX`: `dY` in the shape of `X`.
pub(super) fn reshaped(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let Some(input) = input(node, 0).filter(|input| walk.wants(input)) else { return Ok(()) };
    let shape = walk.between(&format!("{input}_grad.shape"), |name| Node::new("Shape", name).inputs([input]));
    walk.give(input, |name| Node::new("Reshape", name).inputs([&incoming, &shape]));
    Ok(())
}

/// Builds `dX`: `dY` with the axes in the order of `X`.
pub(super) fn transpose(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let x = input(node, 0).ok_or("it has no input")?;
    let mut back = Node::new("Transpose", "").inputs([&incoming]);
    if let Some(order) = ints_attribute(node, "perm").filter(|order| !order.is_empty()) {
        let place = |axis: usize| order.iter().position(|&from| usize::try_from(from) == Ok(axis));
        let places: Option<Vec<i64>> = (0..order.len()).map(|axis| place(axis).map(|place| place as i64)).collect();
        back = back.ints("perm", places.ok_or_else(|| format!("{order:?} is no order of axes"))?);
    }
    walk.give(x, |name| back.named(name));
    Ok(())
}
