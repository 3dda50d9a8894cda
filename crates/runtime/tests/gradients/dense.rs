//! Matrix products.

use graph::builder::Node;
use ndarray::ArrayD;

use crate::check::{Case, each};
use crate::draw::Draw;

fn matrix(draw: &mut Draw, rows: usize, columns: usize, turned: bool) -> ArrayD<f32> {
    draw.values(&if turned { [columns, rows] } else { [rows, columns] })
}

#[test]
fn general_products_with_any_setting() {
    each(70, |draw| {
        let (n, k, m) = (draw.size(1, 4), draw.size(1, 5), draw.size(1, 4));
        let (turn_a, turn_b) = (draw.coin(), draw.coin());
        let (a, b) = (matrix(draw, n, k, turn_a), matrix(draw, k, m, turn_b));
        let bias: Option<Vec<usize>> = match draw.int(0, 5) {
            0 => None,
            1 => Some(vec![]),
            2 => Some(vec![m]),
            3 => Some(vec![1, m]),
            4 => Some(vec![n, 1]),
            _ => Some(vec![n, m]),
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
fn dense_layers_of_an_open_batch() {
    each(71, |draw| {
        let (k, m, turned) = (draw.size(1, 5), draw.size(1, 4), draw.coin());
        let (x, w, b) = (draw.values(&[3, k]), matrix(draw, k, m, turned), draw.values(&[m]));
        let node = Node::new("Gemm", "y").inputs(["x", "w", "b"]).int("transB", i64::from(turned));
        Case::new().batch("x", x).fixed("w", w).fixed("b", b).node(node).check(draw);
    });
}

#[test]
fn products_of_stacks() {
    each(72, |draw| {
        let (n, k, m) = (draw.size(1, 3), draw.size(1, 4), draw.size(1, 3));
        let (p, q) = (draw.size(1, 3), draw.size(1, 3));
        let (front_a, front_b): (Vec<usize>, Vec<usize>) = match draw.int(0, 5) {
            0 => (vec![], vec![]),
            1 => (vec![p], vec![]),
            2 => (vec![p, q], vec![]),
            3 => (vec![p, q], vec![p, q]),
            4 => (vec![p, q], vec![1, q]),
            _ => (vec![q], vec![p, 1]),
        };
        let a = draw.values(&[front_a, vec![n, k]].concat());
        let b = draw.values(&[front_b, vec![k, m]].concat());
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
