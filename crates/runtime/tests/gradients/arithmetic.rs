//! Gradients of element-wise arithmetic with broadcasting.

use graph::builder::Node;
use ndarray::ArrayD;

use super::check::{Case, each};
use super::draw::Draw;

/// Draws a shape `[2, …]` and a shape that broadcasts to it.
fn shapes(draw: &mut Draw) -> (Vec<usize>, Vec<usize>) {
    let long: Vec<usize> = std::iter::once(2).chain((0..draw.size(1, 3)).map(|_| draw.size(1, 4))).collect();
    let mut short: Vec<usize> = long.iter().map(|&size| if draw.coin() { 1 } else { size }).collect();
    // The size of the batch axis is symbolic. The axis is either complete or broadcast.
    short[0] = 1;
    (long.clone(), short.split_off(draw.size(0, long.len())))
}

/// Draws a divisor without values near 0.
fn away_from_zero(draw: &mut Draw, shape: &[usize]) -> ArrayD<f32> {
    draw.values(shape).mapv(|value| if value < 0.0 { value - 0.7 } else { value + 0.7 })
}

#[test]
fn operators_of_two_tensors() {
    for (seed, operator) in ["Add", "Sub", "Mul", "Div"].into_iter().enumerate() {
        each(20 + seed as u64, |draw| {
            let (long, short) = shapes(draw);
            let turned = draw.coin();
            let (a, b) = (away_from_zero(draw, &long), away_from_zero(draw, &short));
            let case = Case::new().batch("a", a).fixed("b", b);
            let inputs = if turned { ["b", "a"] } else { ["a", "b"] };
            case.node(Node::new(operator, "y").inputs(inputs)).check(draw);
        });
    }
}

#[test]
fn operators_of_two_batches() {
    for (seed, operator) in ["Add", "Sub", "Mul", "Div"].into_iter().enumerate() {
        each(30 + seed as u64, |draw| {
            let (long, _) = shapes(draw);
            let mut short = long.clone();
            let stretched = draw.size(1, long.len() - 1);
            short[stretched] = 1;
            let (a, b) = (away_from_zero(draw, &long), away_from_zero(draw, &short));
            Case::new().batch("a", a).batch("b", b).node(Node::new(operator, "y").inputs(["a", "b"])).check(draw);
        });
    }
}

#[test]
fn operators_of_a_tensor_with_itself() {
    for (seed, operator) in ["Add", "Mul"].into_iter().enumerate() {
        each(40 + seed as u64, |draw| {
            let (shape, _) = shapes(draw);
            let x = draw.values(&shape);
            Case::new().batch("x", x).node(Node::new(operator, "y").inputs(["x", "x"])).check(draw);
        });
    }
}

#[test]
fn sums_of_several_tensors() {
    each(50, |draw| {
        let (long, short) = shapes(draw);
        let (a, b, c) = (draw.values(&long), draw.values(&short), draw.values(&long));
        let case = Case::new().batch("a", a).fixed("b", b).batch("c", c);
        case.node(Node::new("Sum", "y").inputs(["a", "b", "c"])).check(draw);
    });
    each(51, |draw| {
        let x = draw.values(&[2, 3]);
        Case::new().batch("x", x).node(Node::new("Sum", "y").inputs(["x"])).check(draw);
    });
}

#[test]
fn expand() {
    each(52, |draw| {
        let (_, short) = shapes(draw);
        let target: Vec<i64> = short.iter().map(|&size| if size == 1 { draw.int(1, 3) } else { size as i64 }).collect();
        let (x, front) = (draw.values(&short), draw.int(1, 3));
        let target: Vec<i64> = std::iter::once(front).chain(target).collect();
        let case = Case::new().fixed("x", x).integers("shape", &target);
        case.node(Node::new("Expand", "y").inputs(["x", "shape"])).check(draw);
    });
}

#[test]
fn sums_and_means_along_axes() {
    for (seed, operator) in ["ReduceMean", "ReduceSum"].into_iter().enumerate() {
        each(60 + seed as u64, |draw| {
            let shape: Vec<usize> = std::iter::once(2).chain((0..3).map(|_| draw.size(1, 4))).collect();
            let axes: Vec<i64> = match draw.int(0, 3) {
                0 => vec![2, 3],
                1 => vec![-1],
                2 => vec![1, -2],
                _ => vec![1],
            };
            let x = draw.values(&shape);
            let keep = draw.int(0, 1);
            let node = Node::new(operator, "y").int("keepdims", keep);
            let case = Case::new().batch("x", x);
            if operator == "ReduceSum" || draw.coin() {
                let version = if operator == "ReduceSum" { 13 } else { 18 };
                let case = case.opset(version).integers("axes", &axes);
                case.node(node.inputs(["x", "axes"])).check(draw);
            } else {
                case.node(node.inputs(["x"]).ints("axes", axes)).check(draw);
            }
        });
    }
}
