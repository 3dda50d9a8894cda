//! Gradients of matrix products.

use graph::builder::Node;
use ndarray::ArrayD;

use super::check::{Case, each};
use super::draw::Draw;

fn matrix(draw: &mut Draw, rows: usize, columns: usize, transposed: bool) -> ArrayD<f32> {
    draw.values(&if transposed { [columns, rows] } else { [rows, columns] })
}

#[test]
fn gemm_with_all_attributes() {
    each(70, |draw| {
        let (rows, inner, columns) = (draw.size(1, 4), draw.size(1, 5), draw.size(1, 4));
        let (turn_a, turn_b) = (draw.coin(), draw.coin());
        let (a, b) = (matrix(draw, rows, inner, turn_a), matrix(draw, inner, columns, turn_b));
        let bias: Option<Vec<usize>> = match draw.int(0, 5) {
            0 => None,
            1 => Some(vec![]),
            2 => Some(vec![columns]),
            3 => Some(vec![1, columns]),
            4 => Some(vec![rows, 1]),
            _ => Some(vec![rows, columns]),
        };
        let mut node = Node::new("Gemm", "y").int("transA", i64::from(turn_a)).int("transB", i64::from(turn_b));
        if draw.coin() {
            node = node.float("alpha", draw.number(0.5, 2.0)).float("beta", draw.number(0.5, 2.0));
        }
        let mut case = Case::new().fixed("a", a).fixed("b", b);
        let mut inputs = vec!["a", "b"];
        if let Some(shape) = bias {
            case = case.fixed("c", draw.values(&shape));
            inputs.push("c");
        }
        case.node(node.inputs(inputs)).check(draw);
    });
}

#[test]
fn dense_layers_with_a_symbolic_batch_size() {
    each(71, |draw| {
        let (inner, outer, transposed) = (draw.size(1, 5), draw.size(1, 4), draw.coin());
        let (x, w, b) = (draw.values(&[3, inner]), matrix(draw, inner, outer, transposed), draw.values(&[outer]));
        let node = Node::new("Gemm", "y").inputs(["x", "w", "b"]).int("transB", i64::from(transposed));
        Case::new().batch("x", x).fixed("w", w).fixed("b", b).node(node).check(draw);
    });
}

#[test]
fn products_of_stacked_matrices() {
    each(72, |draw| {
        let (rows, inner, columns) = (draw.size(1, 3), draw.size(1, 4), draw.size(1, 3));
        let (many, few) = (draw.size(1, 3), draw.size(1, 3));
        let (front_a, front_b): (Vec<usize>, Vec<usize>) = match draw.int(0, 5) {
            0 => (vec![], vec![]),
            1 => (vec![many], vec![]),
            2 => (vec![many, few], vec![]),
            3 => (vec![many, few], vec![many, few]),
            4 => (vec![many, few], vec![1, few]),
            _ => (vec![few], vec![many, 1]),
        };
        let a = draw.values(&[front_a, vec![rows, inner]].concat());
        let b = draw.values(&[front_b, vec![inner, columns]].concat());
        let case = Case::new().fixed("a", a).fixed("b", b);
        case.node(Node::new("MatMul", "y").inputs(["a", "b"])).check(draw);
    });
    each(73, |draw| {
        let (k, m) = (draw.size(1, 4), draw.size(1, 3));
        let (x, w) = (draw.values(&[2, 3, k]), draw.values(&[k, m]));
        let case = Case::new().batch("x", x).fixed("w", w);
        case.node(Node::new("MatMul", "y").inputs(["x", "w"])).check(draw);
    });
}
