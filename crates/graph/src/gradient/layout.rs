//! Gradients of what moves values about without changing them.

use super::Walk;
use crate::Dim;
use crate::builder::Node;
use crate::node::int_attribute;
use crate::onnx::NodeProto;

/// The gradient takes on the shape of the input again.
pub(super) fn reshaped(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let Some(input) = node.input.first().filter(|input| walk.wants(input)) else { return Ok(()) };
    let shape = walk.between(&format!("{input}_grad.shape"), |name| Node::new("Shape", name).inputs([input]));
    walk.give(input, |name| Node::new("Reshape", name).inputs([&incoming, &shape]));
    Ok(())
}

/// Each input gets its piece of `dY`.
pub(super) fn concat(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let axis = int_attribute(node, "axis").unwrap_or(1);
    let mut sizes = Vec::with_capacity(node.input.len());
    for input in &node.input {
        let shape = walk.shapes.get(input).unwrap_or_default();
        let place = usize::try_from(if axis < 0 { axis + shape.len() as i64 } else { axis }).ok();
        let size = place.and_then(|place| shape.get(place)).and_then(Dim::size);
        sizes.push(size.ok_or_else(|| format!("the size of `{input}` along axis {axis} is not known"))? as i64);
    }
    let sizes = walk.integers(&format!("{incoming}.sizes"), &sizes);
    let pieces: Vec<String> = node.input.iter().map(|input| walk.name(&format!("{input}_grad"))).collect();
    let split = Node::new("Split", &format!("{incoming}.split"));
    walk.push(split.inputs([&incoming, &sizes]).outputs(&pieces).int("axis", axis));
    for (input, piece) in node.input.iter().zip(pieces) {
        if walk.wants(input) {
            walk.pass(input, piece);
        }
    }
    Ok(())
}
