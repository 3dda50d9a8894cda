//! Chains of dense layers, which most classifiers end with.

use ndarray::{Array1, Array2, Ix1, Ix2};

use crate::Model;
use crate::node::{float_attribute, input, int_attribute, is_standard, reads};
use crate::onnx::NodeProto;

/// A dense layer, with the rectifier that follows it if there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// Name of the result `[n, outputs]`: that of the rectifier if there is one.
    pub output: String,
    /// Weights, `[outputs, inputs]`.
    pub weights: Array2<f32>,
    /// Bias, `[outputs]`.
    pub bias: Array1<f32>,
    /// Whether a `Relu` follows.
    pub relu: bool,
}

impl Model {
    /// Returns the dense layers that follow on `tensor` `[n, …]`. The first layer reads the flattened tensor, each other layer
    /// the one before. A layer is a `Gemm` with stored weights. The chain ends at a node of another kind, or at a tensor
    /// that is read by no node or by several.
    pub fn dense_above(&self, tensor: &str) -> Vec<Dense> {
        let mut layers: Vec<Dense> = Vec::new();
        let mut top = tensor;
        loop {
            let mut readers = self.nodes().iter().filter(|node| reads(node).contains(&top));
            let (Some(node), None) = (readers.next(), readers.next()) else { return layers };
            let [output] = &node.output[..] else { return layers };
            match (node.op_type(), layers.last_mut()) {
                _ if !is_standard(node) => return layers,
                ("Flatten", _) if int_attribute(node, "axis").unwrap_or(1) == 1 => {}
                ("Relu", Some(layer)) if layer.output == top => {
                    layer.relu = true;
                    layer.output.clone_from(output);
                }
                ("Gemm", _) => match self.dense(node, top, output) {
                    Some(layer) => layers.push(layer),
                    None => return layers,
                },
                _ => return layers,
            }
            top = output;
        }
    }

    /// Returns `node` as a dense layer that reads `tensor`, or `None` if it is something else.
    pub fn dense(&self, node: &NodeProto, tensor: &str, output: &str) -> Option<Dense> {
        let scaled = ["alpha", "beta"]
            .iter()
            .any(|key| float_attribute(node, key).is_some_and(|factor| factor.to_bits() != 1_f32.to_bits()));
        if scaled || int_attribute(node, "transA").unwrap_or(0) != 0 || input(node, 0) != Some(tensor) {
            return None;
        }
        let weights = self.weight(input(node, 1)?).ok()?.into_dimensionality::<Ix2>().ok()?;
        let turned = int_attribute(node, "transB").unwrap_or(0) != 0;
        let weights = if turned { weights } else { weights.reversed_axes() };
        let bias = match input(node, 2) {
            Some(name) => self.weight(name).ok()?.into_dimensionality::<Ix1>().ok()?,
            None => Array1::zeros(weights.nrows()),
        };
        (bias.len() == weights.nrows()).then(|| Dense { output: output.to_owned(), weights, bias, relu: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::{Builder, Node};
    use ndarray::array;

    fn net() -> Builder {
        let mut net = Builder::new("made up");
        net.batch_input("input", &[1, 1, 2]);
        net.weight("a", &array![[1.0f32, 2.0], [3.0, 4.0], [5.0, 6.0]]).weight("a.bias", &array![7.0f32, 8.0, 9.0]);
        net.weight("b", &array![[1.0f32], [2.0], [3.0]]);
        net.node(Node::new("Flatten", "flat").inputs(["input"]).int("axis", 1));
        net.node(Node::new("Gemm", "one").inputs(["flat", "a", "a.bias"]).int("transB", 1));
        net.node(Node::new("Relu", "bent").inputs(["one"]));
        net
    }

    #[test]
    fn layers_have_weights_in_the_order_output_input() {
        let mut net = net();
        net.node(Node::new("Gemm", "two").inputs(["bent", "b"]));
        net.node(Node::new("Softmax", "end").inputs(["two"]).int("axis", 1));
        let model = net.finish(&["end"]).unwrap();
        let weights = array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
        let first = Dense { output: "bent".to_owned(), weights, bias: array![7.0, 8.0, 9.0], relu: true };
        let weights = array![[1.0, 2.0, 3.0]];
        let second = Dense { output: "two".to_owned(), weights, bias: array![0.0], relu: false };
        assert_eq!(model.dense_above("input"), [first, second.clone()]);
        assert_eq!(model.dense_above("bent"), [second]);
        assert_eq!(model.dense_above("one"), [], "a rectifier alone is not a layer");
    }

    #[test]
    fn a_chain_ends_at_other_nodes_and_at_tensors_with_several_readers() {
        let outputs = |node: fn(Node) -> Node, more: bool| {
            let mut net = net();
            net.node(node(Node::new("Gemm", "two").inputs(["bent", "b"])));
            net.node(Node::new("Softmax", "end").inputs([if more { "bent" } else { "two" }]).int("axis", 1));
            let model = net.finish(&["two", "end"]).unwrap();
            model.dense_above("input").into_iter().map(|layer| layer.output).collect::<Vec<_>>()
        };
        assert_eq!(outputs(|node| node, false), ["bent", "two"]);
        assert_eq!(outputs(|node| node, true), ["bent"], "two nodes read it");
        assert_eq!(outputs(|node| node.float("alpha", 0.5), false), ["bent"]);
    }
}
