//! Compares the parameters and multiply-adds of each layer with those that PyTorch and fvcore count (`reference/costs.py`).

use std::collections::BTreeMap;

use graph::builder::{Builder, Node};
use graph::{Cost, Model, cost};
use ndarray::{Array1, Array2, Array4};
use serde_json::Value;

fn reference(network: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("reference/costs.json")).unwrap();
    all[network].clone()
}

fn compare(model: &Model, network: &str) -> BTreeMap<String, Cost> {
    let expected = reference(network);
    let costs: BTreeMap<String, Cost> = cost::of(model).into_iter().map(|cost| (cost.name.clone(), cost)).collect();
    for (name, layer) in expected["layers"].as_object().unwrap() {
        let found = &costs[name];
        assert_eq!(found.parameters, layer["parameters"].as_u64().unwrap(), "{name}");
        assert_eq!(found.multiply_adds, layer["multiply_adds"].as_u64(), "{name}");
    }
    let parameters: u64 = costs.values().map(|cost| cost.parameters).sum();
    let products: u64 = costs.values().map(|cost| cost.multiply_adds.unwrap()).sum();
    assert_eq!(parameters, expected["parameters"].as_u64().unwrap(), "the sum of all layers");
    assert_eq!(products, expected["multiply_adds"].as_u64().unwrap());
    costs
}

fn conv(net: &mut Builder, name: &str, from: &str, dims: (usize, usize, usize, usize), node: Node) {
    net.weight(&format!("{name}.weight"), &Array4::<f32>::zeros(dims));
    net.weight(&format!("{name}.bias"), &Array1::<f32>::zeros(dims.0));
    net.node(node.inputs([from.to_owned(), format!("{name}.weight"), format!("{name}.bias")]));
}

#[test]
fn alexnet_agrees_with_the_reference() {
    let mut net = Builder::new("alexnet");
    net.batch_input("input", &[3, 224, 224]);
    let layers = [
        (1, (64, 3, 11, 11), 4, 2, true),
        (2, (192, 64, 5, 5), 1, 2, true),
        (3, (384, 192, 3, 3), 1, 1, false),
        (4, (256, 384, 3, 3), 1, 1, false),
        (5, (256, 256, 3, 3), 1, 1, true),
    ];
    let mut top = "input".to_owned();
    for (number, dims, stride, pad, pool) in layers {
        let name = format!("conv{number}");
        let node = Node::new("Conv", &name).ints("strides", [stride; 2]).ints("pads", [pad; 4]);
        conv(&mut net, &name, &top, dims, node);
        top = format!("relu{number}");
        net.node(Node::new("Relu", &top).inputs([name]));
        if pool {
            let name = format!("pool{number}");
            net.node(Node::new("MaxPool", &name).inputs([top]).ints("kernel_shape", [3, 3]).ints("strides", [2, 2]));
            top = name;
        }
    }
    net.node(Node::new("Flatten", "flatten").inputs([top]));
    top = "flatten".to_owned();
    for (name, outputs, inputs) in [("fc6", 4096, 9216), ("fc7", 4096, 4096), ("fc8", 1000, 4096)] {
        net.weight(&format!("{name}.weight"), &Array2::<f32>::zeros((outputs, inputs)));
        net.weight(&format!("{name}.bias"), &Array1::<f32>::zeros(outputs));
        let own = [top, format!("{name}.weight"), format!("{name}.bias")];
        net.node(Node::new("Gemm", name).inputs(own).int("transB", 1));
        top = name.to_owned();
    }
    let costs = compare(&net.finish(&["fc8"]).unwrap(), "alexnet");
    assert_eq!(costs["conv1"].shape, Some(vec![64, 55, 55]));
    assert_eq!(costs["pool5"].shape, Some(vec![256, 6, 6]));
    assert_eq!((costs["relu1"].parameters, costs["relu1"].multiply_adds), (0, Some(0)));
    assert_eq!(costs.values().map(|cost| cost.parameters).sum::<u64>(), 61_100_840);
}

#[test]
fn special_convolutions_and_normalization_agree_with_the_reference() {
    let mut net = Builder::new("odd");
    net.batch_input("input", &[6, 20, 24]);
    let grouped = Node::new("Conv", "grouped").ints("strides", [2, 1]).ints("pads", [1, 2, 1, 2]).int("group", 3);
    conv(&mut net, "grouped", "input", (9, 2, 3, 5), grouped);
    for name in ["scale", "bias", "mean", "variance"] {
        net.weight(&format!("norm.{name}"), &Array1::<f32>::ones(9));
    }
    net.node(Node::new("BatchNormalization", "norm").inputs([
        "grouped",
        "norm.scale",
        "norm.bias",
        "norm.mean",
        "norm.variance",
    ]));
    net.weight("dilated.weight", &Array4::<f32>::zeros((4, 9, 3, 3)));
    net.node(Node::new("Conv", "dilated").inputs(["norm", "dilated.weight"]).ints("dilations", [2, 2]));
    net.weight("up.weight", &Array4::<f32>::zeros((4, 2, 2, 2)));
    net.weight("up.bias", &Array1::<f32>::zeros(2));
    net.node(Node::new("ConvTranspose", "up").inputs(["dilated", "up.weight", "up.bias"]).ints("strides", [2, 2]));
    compare(&net.finish(&["up"]).unwrap(), "odd");
}

#[test]
fn a_shared_weight_counts_once() {
    let mut net = Builder::new("shared");
    net.batch_input("input", &[4]);
    net.weight("w", &Array2::<f32>::zeros((4, 4)));
    net.node(Node::new("MatMul", "first").inputs(["input", "w"]));
    net.node(Node::new("MatMul", "second").inputs(["first", "w"]));
    let costs = cost::of(&net.finish(&["second"]).unwrap());
    assert_eq!(
        costs.iter().map(|cost| (cost.parameters, cost.multiply_adds)).collect::<Vec<_>>(),
        [(16, Some(16)), (0, Some(16))]
    );
}
