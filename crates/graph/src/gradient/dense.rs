//! Gradients of matrix products.

use super::{Walk, arithmetic};
use crate::builder::Node;
use crate::node::int_attribute;
use crate::onnx::NodeProto;

/// `Y = alpha * A * B + beta * C`, where `A` and `B` may each be turned.
pub(super) fn gemm(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let factor = |key: &str| {
        let attribute = node.attribute.iter().find(|attribute| attribute.name() == key);
        attribute.map_or(1.0, crate::onnx::AttributeProto::f)
    };
    let turned = |key: &str| int_attribute(node, key).unwrap_or(0) != 0;
    let (alpha, beta) = (factor("alpha"), factor("beta"));
    let operands = Operands { turn_a: turned("transA"), turn_b: turned("transB"), alpha };
    product(walk, node, &operands)?;
    let Some(bias) = node.input.get(2).filter(|bias| walk.wants(bias)) else { return Ok(()) };
    let mut incoming = walk.incoming(node)?;
    if (beta - 1.0).abs() > 0.0 {
        let beta = walk.scalar(&format!("{bias}_grad.beta"), beta);
        let hint = format!("{bias}_grad.scaled");
        incoming = walk.between(&hint, |name| Node::new("Mul", name).inputs([&incoming, &beta]));
    }
    let part = arithmetic::unstretched(walk, &incoming, node, bias)?;
    walk.pass(bias, part);
    Ok(())
}

/// `Y = A * B` of two matrices.
pub(super) fn matmul(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    for input in &node.input {
        if walk.shapes.get(input).map(<[_]>::len) != Some(2) {
            return Err(format!("its input `{input}` is not known to be a matrix"));
        }
    }
    product(walk, node, &Operands { turn_a: false, turn_b: false, alpha: 1.0 })
}

/// How a product reads its operands.
struct Operands {
    turn_a: bool,
    turn_b: bool,
    alpha: f32,
}

fn product(walk: &mut Walk<'_>, node: &NodeProto, operands: &Operands) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let [a, b, ..] = node.input.as_slice() else { return Err("it does not have two inputs".to_owned()) };
    let Operands { turn_a, turn_b, alpha } = *operands;
    let gemm = |name: &str, left: (&str, bool), right: (&str, bool)| {
        Node::new("Gemm", name)
            .inputs([left.0, right.0])
            .int("transA", i64::from(left.1))
            .int("transB", i64::from(right.1))
            .float("alpha", alpha)
    };
    let dy = incoming.as_str();
    if walk.wants(a) {
        walk.give(
            a,
            |name| {
                if turn_a { gemm(name, (b, turn_b), (dy, true)) } else { gemm(name, (dy, false), (b, !turn_b)) }
            },
        );
    }
    if walk.wants(b) {
        walk.give(
            b,
            |name| {
                if turn_b { gemm(name, (dy, true), (a, turn_a)) } else { gemm(name, (a, !turn_a), (dy, false)) }
            },
        );
    }
    Ok(())
}
