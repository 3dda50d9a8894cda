//! Gradients of normalization.

use graph::builder::Node;

use super::check::{Case, each};

#[test]
fn batch_normalization_with_fixed_statistics() {
    each(100, |draw| {
        let c = draw.size(1, 5);
        let behind: Vec<usize> = (0..draw.size(0, 2)).map(|_| draw.size(1, 5)).collect();
        let x = draw.clear_of(&[vec![3, c], behind].concat(), 3.0, &[]);
        let (scale, bias, mean) = (draw.values(&[c]), draw.values(&[c]), draw.clear_of(&[c], 2.0, &[]));
        let variance = draw.values(&[c]).mapv(|value| value.abs() + 0.1);
        let node = Node::new("BatchNormalization", "y").inputs(["x", "scale", "bias", "mean", "variance"]);
        let node = if draw.coin() { node.float("epsilon", 0.05) } else { node };
        let case = Case::new().batch("x", x).fixed("scale", scale).fixed("bias", bias);
        case.weight("mean", &mean).weight("variance", &variance).node(node).check(draw);
    });
}

#[test]
fn local_response_normalization() {
    each(101, |draw| {
        // ONNX Runtime accepts only odd sizes.
        let (c, size) = (draw.size(1, 9), 2 * draw.int(0, 3) + 1);
        let shape = [2, c, draw.size(1, 4), draw.size(1, 4)];
        let x = draw.clear_of(&shape, 4.0, &[]);
        let mut node = Node::new("LRN", "y").inputs(["x"]).int("size", size).float("alpha", draw.number(0.05, 1.0));
        if draw.coin() {
            node = node.float("beta", draw.number(0.3, 1.5)).float("bias", draw.number(0.5, 2.0));
        }
        Case::new().batch("x", x).node(node).check(draw);
    });
}

#[test]
fn softmax_and_log_softmax() {
    for (seed, operator) in ["Softmax", "LogSoftmax"].into_iter().enumerate() {
        each(102 + seed as u64, |draw| {
            let shape: Vec<usize> = std::iter::once(2).chain((0..draw.size(1, 3)).map(|_| draw.size(2, 5))).collect();
            let rank = shape.len() as i64;
            let x = draw.clear_of(&shape, 2.0, &[]);
            let node = Node::new(operator, "y").inputs(["x"]);
            let node =
                if draw.coin() { node.int("axis", draw.int(1 - rank, rank - 1).clamp(1, rank - 1)) } else { node };
            Case::new().batch("x", x).node(node).check(draw);
        });
        each(104 + seed as u64, |draw| {
            let x = draw.clear_of(&[2, 3, 2, 2], 2.0, &[]);
            let node = Node::new(operator, "y").inputs(["x"]).int("axis", draw.int(1, 3));
            Case::new().opset(9).batch("x", x).node(node).check(draw);
        });
    }
}
