//! Gradients of whole networks: tensors with several consumers, frozen layers, graphs of exporters, and old operators.

use graph::Model;
use graph::builder::{Builder, Node};
use graph::onnx::{NodeProto, tensor_proto::DataType};
use ndarray::ArrayD;

use super::check::{CASES, check};
use super::draw::Draw;

/// A network whose weights are inputs too, with values for all inputs.
struct Network {
    net: Builder,
    values: Vec<(String, ArrayD<f32>)>,
}

impl Network {
    fn new(x: ArrayD<f32>) -> Self {
        let mut net = Builder::new("network");
        net.batch_input("x", &x.shape()[1..]);
        Self { net, values: vec![("x".to_owned(), x)] }
    }

    fn weight(&mut self, name: &str, values: ArrayD<f32>) {
        let shape: Vec<graph::Dim> = values.shape().iter().map(|&size| size.into()).collect();
        self.net.input(name, DataType::Float, &shape);
        self.values.push((name.to_owned(), values));
    }

    fn node(&mut self, node: impl Into<NodeProto>) {
        self.net.node(node);
    }

    fn check(self, draw: &mut Draw) {
        let wanted: Vec<String> = self.values.iter().map(|(name, _)| name.clone()).collect();
        check(&self.net.finish(&["y"]).unwrap(), &self.values, &wanted, draw);
    }
}

/// Adds a convolution with batch normalization.
fn normalized_conv(net: &mut Network, name: &str, input: &str, filters: &[usize], stride: i64, draw: &mut Draw) {
    let parts = ["weight", "scale", "shift", "mean", "variance"].map(|part| format!("{name}.{part}"));
    let [weight, scale, shift, mean, variance] = &parts;
    let maps = filters[0];
    net.weight(weight, draw.values(filters));
    net.weight(scale, draw.values(&[maps]).mapv(|value| value + 1.5));
    net.weight(shift, draw.values(&[maps]));
    net.net.weight(mean, &draw.values(&[maps]));
    net.net.weight(variance, &draw.values(&[maps]).mapv(|value| value.abs() + 0.5));
    let raw = format!("{name}.raw");
    let pad = filters[2] as i64 / 2;
    let conv = Node::new("Conv", &raw).inputs([input, weight]).ints("pads", vec![pad; 4]);
    net.node(conv.ints("strides", [stride, stride]));
    net.node(Node::new("BatchNormalization", name).inputs([&raw, scale, shift, mean, variance]));
}

#[test]
fn a_residual_network_with_batch_normalization() {
    for case in 0..CASES {
        let draw = &mut Draw::new(20_000 + case);
        let (channels, maps, stride) = (draw.size(1, 3), draw.size(1, 3), draw.int(1, 2));
        let mut net = Network::new(draw.values(&[2, channels, 5, 5]));
        normalized_conv(&mut net, "first", "x", &[maps, channels, 3, 3], stride, draw);
        net.node(Node::new("Tanh", "bent").inputs(["first"]));
        normalized_conv(&mut net, "second", "bent", &[maps, maps, 3, 3], 1, draw);
        normalized_conv(&mut net, "shortcut", "x", &[maps, channels, 1, 1], stride, draw);
        net.node(Node::new("Add", "sum").inputs(["second", "shortcut"]));
        net.node(Node::new("Sigmoid", "gate").inputs(["sum"]));
        net.node(Node::new("Mul", "gated").inputs(["sum", "gate"]));
        net.node(Node::new("Add", "again").inputs(["gated", "first"]));
        net.node(Node::new("GlobalAveragePool", "mean").inputs(["again"]));
        net.node(Node::new("Flatten", "y").inputs(["mean"]));
        net.check(draw);
    }
}

#[test]
fn a_network_with_branches() {
    for case in 0..CASES {
        let draw = &mut Draw::new(21_000 + case);
        let mut net = Network::new(draw.apart(&[2, 2, 6, 6]).mapv(|value| value / 8.0));
        let maps = draw.size(1, 3);
        for (name, kernel) in [("small", 1), ("large", 3)] {
            net.weight(&format!("{name}.weight"), draw.values(&[maps, 2, kernel, kernel]));
            let conv = Node::new("Conv", name).inputs(["x".to_owned(), format!("{name}.weight")]);
            net.node(conv.ints("pads", vec![kernel as i64 / 2; 4]));
        }
        let pool = Node::new("MaxPool", "pooled").inputs(["x"]).ints("kernel_shape", [3, 3]);
        net.node(pool.ints("pads", [1; 4]));
        net.node(Node::new("Concat", "joined").inputs(["small", "large", "pooled", "small"]).int("axis", 1));
        net.node(Node::new("LRN", "scaled").inputs(["joined"]).int("size", 3).float("alpha", 0.5));
        net.node(Node::new("AveragePool", "average").inputs(["scaled"]).ints("kernel_shape", [2, 2]));
        net.node(Node::new("Flatten", "y").inputs(["average"]));
        net.check(draw);
    }
}

/// Tests the graphs that exporters write for `x.view(x.size(0), -1)` and for a channel shuffle.
#[test]
fn shapes_that_nodes_compute() {
    let draw = &mut Draw::new(22_000);
    let mut net = Network::new(draw.values(&[3, 4, 2, 2]));
    let constants: [(&str, &[i64]); 6] =
        [("first", &[0]), ("second", &[1]), ("groups", &[2]), ("rest", &[-1]), ("place", &[2, 2]), ("ones", &[1])];
    for (name, values) in constants {
        net.net.integers(name, values);
    }
    net.node(Node::new("Shape", "sizes").inputs(["x"]));
    net.node(Node::new("Gather", "batch").inputs(["sizes", "first"]));
    net.node(Node::new("Gather", "channels").inputs(["sizes", "second"]));
    net.node(Node::new("Div", "each").inputs(["channels", "groups"]));
    net.node(Node::new("Concat", "split").inputs(["batch", "groups", "each", "place"]).int("axis", 0));
    net.node(Node::new("Reshape", "grouped").inputs(["x", "split"]));
    net.node(Node::new("Transpose", "swapped").inputs(["grouped"]).ints("perm", [0, 2, 1, 3, 4]));
    net.node(Node::new("Concat", "whole").inputs(["batch", "channels", "place"]).int("axis", 0));
    net.node(Node::new("Reshape", "shuffled").inputs(["swapped", "whole"]));
    net.node(Node::new("Tanh", "bent").inputs(["shuffled"]));
    net.node(Node::new("Concat", "rows").inputs(["batch", "rest"]).int("axis", 0));
    net.node(Node::new("Reshape", "flat").inputs(["bent", "rows"]));
    net.weight("w", draw.values(&[16, 3]));
    net.node(Node::new("MatMul", "y").inputs(["flat", "w"]));
    net.check(draw);
}

#[test]
fn intermediate_tensors_have_gradients() {
    let draw = &mut Draw::new(23_000);
    let mut net = Builder::new("between");
    net.batch_input("x", &[3]).weight("w", &draw.values(&[3, 4]));
    net.node(Node::new("MatMul", "product").inputs(["x", "w"]));
    net.node(Node::new("Tanh", "bent").inputs(["product"]));
    net.node(Node::new("Mul", "y").inputs(["bent", "product"]));
    let model = net.finish(&["y"]).unwrap();
    let whole = graph::backward(&model, "y", &["product", "bent"]).unwrap();
    crate::common::load();
    let mut session = runtime::Session::new(&whole, 1).unwrap();
    let (x, counts) = (draw.values(&[2, 3]), draw.values(&[2, 4]));
    let outputs = session.run(&[("x", x.view()), ("y_grad", counts.view())]).unwrap();
    let product = x.into_dimensionality::<ndarray::Ix2>().unwrap().dot(&model_weight(&model));
    let bent = product.mapv(f32::tanh);
    let expected = &counts * &(&bent + &(&product * &bent.mapv(|value| 1.0 - value * value)));
    assert!((&outputs[1].1 - &expected).iter().all(|error| error.abs() < 1e-5));
    assert!((&outputs[2].1 - &(&counts * &product)).iter().all(|error| error.abs() < 1e-5));
}

fn model_weight(model: &Model) -> ndarray::Array2<f32> {
    model.weight("w").unwrap().into_dimensionality().unwrap()
}
