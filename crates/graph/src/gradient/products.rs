//! Gradients of matrix products.

use super::arithmetic;
use super::walk::Walk;
use crate::Dim;
use crate::builder::Node;
use crate::node::{float_attribute, input, int_attribute};
use crate::onnx::NodeProto;

/// Builds the gradients of `Y = alpha * A * B + beta * C`, where `A` and `B` can each be transposed.
pub(super) fn gemm(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let transposed = |key: &str| int_attribute(node, key).unwrap_or(0) != 0;
    let alpha = float_attribute(node, "alpha").unwrap_or(1.0);
    let beta = float_attribute(node, "beta").unwrap_or(1.0);
    product(walk, node, &Operands { transpose_a: transposed("transA"), transpose_b: transposed("transB"), alpha })?;
    let Some(bias) = input(node, 2).filter(|bias| walk.wants(bias)) else { return Ok(()) };
    let incoming = walk.incoming(node)?;
    let mut part = arithmetic::unbroadcast(walk, &incoming, node, bias)?;
    if (beta - 1.0).abs() > 0.0 {
        let beta = walk.scalar(&format!("{bias}_grad.beta"), beta);
        part = walk.both("Mul", &format!("{bias}_grad.scaled"), &part, &beta);
    }
    walk.pass(bias, part);
    Ok(())
}

/// Builds the gradients of `Y = A * B`, for matrices or for stacks of matrices.
pub(super) fn matmul(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let [a, b] = operands(node)?;
    match (walk.shape(a)?, walk.shape(b)?) {
        ([_, _], [_, _]) => product(walk, node, &Operands { transpose_a: false, transpose_b: false, alpha: 1.0 }),
        ([front_a @ .., _, _], [front_b @ .., _, _]) => stacked(walk, node, front_a, front_b),
        _ => Err("an input of it is a vector".to_owned()),
    }
}

fn operands(node: &NodeProto) -> Result<[&str; 2], String> {
    match (input(node, 0), input(node, 1)) {
        (Some(a), Some(b)) => Ok([a, b]),
        _ => Err("it does not have two inputs".to_owned()),
    }
}

/// The transpositions and the factor of a product.
struct Operands {
    transpose_a: bool,
    transpose_b: bool,
    alpha: f32,
}

/// Builds `dA = alpha * dY * B^T` and `dB = alpha * A^T * dY`. Each is transposed if its operand is.
fn product(walk: &mut Walk<'_>, node: &NodeProto, how: &Operands) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let [a, b] = operands(node)?;
    let Operands { transpose_a, transpose_b, alpha } = *how;
    let gemm = |name: &str, left: (&str, bool), right: (&str, bool)| {
        Node::new("Gemm", name)
            .inputs([left.0, right.0])
            .int("transA", i64::from(left.1))
            .int("transB", i64::from(right.1))
            .float("alpha", alpha)
    };
    let dy = incoming.as_str();
    if walk.wants(a) {
        let factors = if transpose_a { ((b, transpose_b), (dy, true)) } else { ((dy, false), (b, !transpose_b)) };
        walk.give(a, |name| gemm(name, factors.0, factors.1));
    }
    if walk.wants(b) {
        let factors = if transpose_b { ((dy, true), (a, transpose_a)) } else { ((a, !transpose_a), (dy, false)) };
        walk.give(b, |name| gemm(name, factors.0, factors.1));
    }
    Ok(())
}

/// Builds the gradients of a product of stacks, where one stack can be broadcast over the other.
fn stacked(walk: &mut Walk<'_>, node: &NodeProto, front_a: &[Dim], front_b: &[Dim]) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let [a, b] = operands(node)?;
    let output = walk.shape(node.output.first().map(String::as_str).unwrap_or_default())?;
    let front = &output[..output.len().saturating_sub(2)];
    if walk.wants(a) {
        let other = transposed(walk, b, front_b.len());
        let product = walk.both("MatMul", &format!("{a}_grad.product"), &incoming, &other);
        let from = [front, &walk.shape(a)?[front_a.len()..]].concat();
        let part = arithmetic::summed(walk, &product, a, &from, walk.shape(a)?)?;
        walk.pass(a, part);
    }
    if walk.wants(b) && front_b.is_empty() {
        // With one matrix for the whole stack, one product replaces a sum over many.
        let shape = walk.shape(b)?;
        let mut flat = [a, incoming.as_str()].into_iter().zip(shape).map(|(tensor, columns)| {
            let columns = columns.size().ok_or_else(|| format!("the size of `{b}` is not known"))? as i64;
            let rows = walk.integers(&format!("{b}_grad.rows"), &[-1, columns]);
            Ok::<_, String>(walk.both("Reshape", &format!("{b}_grad.flat"), tensor, &rows))
        });
        let (Some(left), Some(right)) = (flat.next(), flat.next()) else { return Ok(()) };
        let (left, right) = (left?, right?);
        walk.give(b, |name| Node::new("Gemm", name).inputs([left, right]).int("transA", 1));
    } else if walk.wants(b) {
        let other = transposed(walk, a, front_a.len());
        let product = walk.both("MatMul", &format!("{b}_grad.product"), &other, &incoming);
        let from = [front, &walk.shape(b)?[front_b.len()..]].concat();
        let part = arithmetic::summed(walk, &product, b, &from, walk.shape(b)?)?;
        walk.pass(b, part);
    }
    Ok(())
}

/// Transposes each matrix of a stack behind `front` axes.
fn transposed(walk: &mut Walk<'_>, tensor: &str, front: usize) -> String {
    let front = front as i64;
    let order: Vec<i64> = (0..front).chain([front + 1, front]).collect();
    walk.between(&format!("{tensor}.turned"), |name| Node::new("Transpose", name).inputs([tensor]).ints("perm", order))
}
