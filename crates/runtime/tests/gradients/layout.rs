//! Gradients of operators that reshape, transpose, split or join tensors.

use graph::builder::Node;

use super::check::{Case, each};
use super::draw::Draw;

fn shape(draw: &mut Draw, rank: usize) -> Vec<usize> {
    std::iter::once(2).chain((1..rank).map(|_| draw.size(1, 4))).collect()
}

/// Adds a nonlinear function after the node. Layout operators are linear, and their gradients alone would be equal everywhere.
fn nonlinear(case: Case, node: Node, draw: &mut Draw) {
    case.node(node).node(Node::new("Tanh", "y").inputs(["z"])).check(draw);
}

#[test]
fn operators_that_change_the_shape() {
    each(110, |draw| {
        let shape = shape(draw, 4);
        let (x, axis) = (draw.values(&shape), draw.int(-4, 4));
        nonlinear(Case::new().batch("x", x), Node::new("Flatten", "z").inputs(["x"]).int("axis", axis), draw);
    });
    each(111, |draw| {
        let shape = shape(draw, 4);
        let target = match draw.int(0, 2) {
            0 => vec![0, -1],
            1 => vec![-1, (shape[2] * shape[3]) as i64, shape[1] as i64],
            _ => vec![0, 0, -1],
        };
        let x = draw.values(&shape);
        let case = Case::new().batch("x", x).integers("shape", &target);
        nonlinear(case, Node::new("Reshape", "z").inputs(["x", "shape"]), draw);
    });
    each(112, |draw| {
        let shape = [2, draw.size(1, 3), 1, 1];
        let x = draw.values(&shape);
        let axes: &[i64] = if draw.coin() { &[2, 3] } else { &[-1] };
        let case = Case::new().batch("x", x).integers("axes", axes);
        nonlinear(case, Node::new("Squeeze", "z").inputs(["x", "axes"]), draw);
    });
    each(113, |draw| {
        let shape = shape(draw, 3);
        let x = draw.values(&shape);
        let axes: &[i64] = if draw.coin() { &[1, -1] } else { &[2] };
        let case = Case::new().batch("x", x).integers("axes", axes);
        nonlinear(case, Node::new("Unsqueeze", "z").inputs(["x", "axes"]), draw);
    });
}

#[test]
fn transpose() {
    each(114, |draw| {
        let shape = shape(draw, 4);
        let x = draw.values(&shape);
        let mut order = vec![0, 1, 2, 3];
        for place in (1..4).rev() {
            order.swap(place, draw.size(0, place));
        }
        let node = Node::new("Transpose", "z").inputs(["x"]);
        let node = if draw.coin() { node.ints("perm", order) } else { node };
        nonlinear(Case::new().batch("x", x), node, draw);
    });
}

#[test]
fn concat() {
    each(115, |draw| {
        let shape = shape(draw, 4);
        let axis = draw.size(1, 3);
        let mut other = shape.clone();
        other[axis] = draw.size(1, 5);
        let (a, b) = (draw.values(&shape), draw.values(&other));
        let sign = if draw.coin() { axis as i64 } else { axis as i64 - 4 };
        let inputs = if draw.coin() { vec!["a", "b"] } else { vec!["b", "a", "b"] };
        let case = Case::new().batch("a", a).batch("b", b);
        nonlinear(case, Node::new("Concat", "z").inputs(inputs).int("axis", sign), draw);
    });
}

#[test]
fn split_and_slice() {
    each(116, |draw| {
        let (first, second) = (draw.size(1, 3), draw.size(1, 3));
        let x = draw.values(&[2, first + second, 3]);
        let node = Node::new("Split", "z").inputs(["x", "sizes"]).outputs(["z", "rest"]).int("axis", 1);
        let case = Case::new().batch("x", x).integers("sizes", &[first as i64, second as i64]);
        nonlinear(case, node, draw);
    });
    each(117, |draw| {
        let size = draw.size(2, 6);
        let x = draw.values(&[2, 3, size]);
        let start = draw.int(0, size as i64 - 1);
        let end = if draw.coin() { i64::MAX } else { draw.int(start + 1, size as i64) };
        let case = Case::new().batch("x", x).integers("starts", &[start]).integers("ends", &[end]);
        let case = case.integers("axes", &[-1]);
        nonlinear(case, Node::new("Slice", "z").inputs(["x", "starts", "ends", "axes"]), draw);
    });
    each(118, |draw| {
        let shape = shape(draw, 4);
        let x = draw.values(&shape);
        let pads: Vec<i64> = [0, 0].into_iter().chain((0..2).map(|_| draw.int(0, 2))).collect();
        let pads = [pads.clone(), vec![0, draw.int(0, 1), draw.int(0, 2), draw.int(0, 2)]].concat();
        let case = Case::new().batch("x", x).integers("pads", &pads);
        nonlinear(case, Node::new("Pad", "z").inputs(["x", "pads"]), draw);
    });
}
