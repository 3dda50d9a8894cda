//! Gradients of activation functions. All of them can be told from the output, which is kept anyway.

use super::{MICROSOFT, Walk};
use crate::builder::Node;
use crate::onnx::NodeProto;

/// `dX = dY` where `Y > 0`, else 0.
pub(super) fn relu(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    from_output(walk, node, "ReluGrad")
}

/// `dX = dY * Y * (1 - Y)`.
pub(super) fn sigmoid(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    from_output(walk, node, "SigmoidGrad")
}

/// `dX = dY * (1 - Y * Y)`.
pub(super) fn tanh(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    from_output(walk, node, "TanhGrad")
}

fn from_output(walk: &mut Walk<'_>, node: &NodeProto, operator: &str) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    if let ([input, ..], [output, ..]) = (node.input.as_slice(), node.output.as_slice()) {
        walk.give(input, |name| Node::new(operator, name).domain(MICROSOFT).inputs([&incoming, output]));
    }
    Ok(())
}
