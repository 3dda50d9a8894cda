//! Gradients of activation functions.

use graph::builder::Node;

use super::check::{Case, each};
use super::draw::Draw;

/// Draws the shape of a batch.
fn shape(draw: &mut Draw) -> Vec<usize> {
    (0..draw.size(2, 4)).map(|_| draw.size(1, 5)).collect()
}

fn unary(seed: u64, kinks: &[f32], node: impl Fn(&mut Draw) -> Node) {
    each(seed, |draw| {
        let shape = shape(draw);
        let x = draw.clear_of(&shape, 4.0, kinks);
        let node = node(draw).inputs(["x"]);
        Case::new().batch("x", x).node(node).check(draw);
    });
}

#[test]
fn smooth_functions() {
    unary(1, &[], |_| Node::new("Sigmoid", "y"));
    unary(2, &[], |_| Node::new("Tanh", "y"));
    unary(3, &[], |_| Node::new("Identity", "y"));
    unary(4, &[], |_| Node::new("Dropout", "y"));
}

#[test]
fn functions_with_a_kink_at_zero() {
    unary(5, &[0.0], |_| Node::new("Relu", "y"));
    unary(6, &[0.0], |draw| {
        let node = Node::new("LeakyRelu", "y");
        if draw.coin() { node.float("alpha", draw.number(-0.5, 0.5)) } else { node }
    });
    each(7, |draw| {
        let (c, size) = (draw.size(1, 4), draw.size(1, 4));
        let x = draw.clear_of(&[2, c, size, size], 4.0, &[0.0]);
        let slope = if draw.coin() { vec![c, 1, 1] } else { vec![1] };
        let slope = draw.values(&slope);
        Case::new()
            .batch("x", x)
            .fixed("slope", slope)
            .node(Node::new("PRelu", "y").inputs(["x", "slope"]))
            .check(draw);
    });
}

#[test]
fn piecewise_linear_functions() {
    each(8, |draw| {
        let (alpha, beta) = (draw.number(0.1, 0.5), draw.number(0.2, 0.8));
        let shape = shape(draw);
        let x = draw.clear_of(&shape, 5.0, &[-beta / alpha, (1.0 - beta) / alpha]);
        let node = Node::new("HardSigmoid", "y").inputs(["x"]).float("alpha", alpha).float("beta", beta);
        Case::new().batch("x", x).node(node).check(draw);
    });
    unary(9, &[-2.5, 2.5], |_| Node::new("HardSigmoid", "y"));
    unary(10, &[-3.0, 3.0], |_| Node::new("HardSwish", "y"));
}

#[test]
fn clip_with_optional_bounds() {
    each(11, |draw| {
        let (low, high) = (draw.number(-3.0, -0.5), draw.number(0.5, 3.0));
        let shape = shape(draw);
        let x = draw.clear_of(&shape, 4.0, &[low, high]);
        let case = Case::new().batch("x", x);
        let scalar = |value: f32| ndarray::arr0(value).into_dyn();
        let bounds = draw.int(0, 3);
        let (low_name, high_name) =
            (if bounds & 1 == 0 { "low" } else { "" }, if bounds & 2 == 0 { "high" } else { "" });
        let case = case.weight("low", &scalar(low)).weight("high", &scalar(high));
        case.node(Node::new("Clip", "y").inputs(["x", low_name, high_name])).check(draw);
    });
}

#[test]
fn clip_of_old_operator_sets() {
    each(12, |draw| {
        let x = draw.clear_of(&[3, 5], 8.0, &[0.0, 6.0]);
        let node = Node::new("Clip", "y").inputs(["x"]).float("min", 0.0).float("max", 6.0);
        Case::new().opset(10).batch("x", x).node(node).check(draw);
    });
}
