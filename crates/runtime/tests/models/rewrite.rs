//! Tests of which nodes the rewrite replaces by our own operators. `own_operators.rs` checks the values.

use graph::builder::{Builder, Node};
use graph::onnx::NodeProto;
use graph::{Model, backward};
use ndarray::{Array1, Array2, Array4};
use runtime::training::{Options, artifacts};
use runtime::{Convolutions, with_own_operators};

use crate::nets::{branched, operators};

fn own(model: &Model) -> Model {
    with_own_operators(model, Convolutions::Own).unwrap()
}

fn domains(model: &Model) -> Vec<String> {
    model.to_proto().opset_import.iter().map(|set| set.domain().to_owned()).collect()
}

fn ints<'a>(node: &'a NodeProto, key: &str) -> &'a [i64] {
    &node.attribute.iter().find(|attribute| attribute.name() == key).unwrap().ints
}

fn int(node: &NodeProto, key: &str) -> i64 {
    node.attribute.iter().find(|attribute| attribute.name() == key).unwrap().i()
}

#[test]
fn a_convolution_is_fused_with_its_relu_and_its_pooling() {
    let model = own(&branched());
    let expected = ["Convolution", "Convolution", "Convolution", "Concat", "GlobalAveragePool", "Flatten", "Softmax"];
    assert_eq!(operators(&model), expected);
    let [first, left] = ["pool1", "left"].map(|name| model.producer(name).unwrap());
    assert_eq!((first.domain(), int(first, "relu"), int(left, "relu")), ("tunescope", 1, 0));
    assert_eq!(first.input, ["input", "conv1.weight", "conv1.bias"]);
    let pool = ["pool_kernel", "pool_strides", "pool_before", "pool_windows"].map(|key| ints(first, key));
    assert_eq!(pool, [[2, 2], [2, 2], [0, 0], [8, 8]]);
    assert!(left.attribute.iter().all(|attribute| !attribute.name().starts_with("pool")));
    assert_eq!(model.inputs(), branched().inputs());
    assert_eq!(
        model.shapes().per_item("pool1"),
        Some(vec![4, 8, 8]),
        "the shape of our own operator is stored, because ONNX Runtime cannot infer it"
    );
    assert!(!model.tensors().contains(&"conv1") && !model.tensors().contains(&"relu1"));
    assert!(domains(&model).contains(&"tunescope".to_owned()));
}

#[test]
fn other_poolings_and_tensors_with_other_consumers_are_not_fused() {
    let model = |change: fn(Node) -> Node, outputs: &[&str]| {
        let mut net = Builder::new("pooled");
        net.batch_input("x", &[2, 9, 8]).weight("w", &Array4::<f32>::ones((3, 2, 3, 3)));
        net.node(Node::new("Conv", "conv").inputs(["x", "w"]));
        net.node(change(Node::new("MaxPool", "pool").inputs(["conv"]).ints("kernel_shape", [3, 2])));
        own(&net.finish(outputs).unwrap())
    };
    let taken = model(|node| node.ints("strides", [2, 2]).ints("pads", [1, 1, 1, 0]).int("ceil_mode", 1), &["pool"]);
    assert_eq!(operators(&taken), ["Convolution"]);
    let pool = taken.producer("pool").unwrap();
    assert_eq!(
        (int(pool, "relu"), ints(pool, "pool_before"), ints(pool, "pool_windows")),
        (0, &[1, 1][..], &[4, 4][..])
    );
    let stays = ["Convolution", "MaxPool"];
    assert_eq!(operators(&model(|node| node, &["conv", "pool"])), stays);
    assert_eq!(operators(&model(|node| node.ints("dilations", [2, 1]), &["pool"])), stays);
    assert_eq!(operators(&model(|node| node.outputs(["pool", "places"]), &["pool", "places"])), stays);
    let average = |_| Node::new("AveragePool", "pool").inputs(["conv"]).ints("kernel_shape", [2, 2]);
    assert_eq!(operators(&model(average, &["pool"])), ["Convolution", "AveragePool"]);
}

#[test]
fn a_large_dense_layer_is_fused_with_its_relu() {
    // `fc7` has 1100 * 1000 weights. `fc8` is too small for our own operator.
    let net = |change: fn(&mut Builder), outputs: &[&str]| {
        let mut net = Builder::new("dense");
        net.batch_input("x", &[1000]);
        net.weight("fc7.weight", &Array2::<f32>::ones((1100, 1000))).weight("fc7.bias", &Array1::<f32>::ones(1100));
        net.weight("fc8.weight", &Array2::<f32>::ones((1100, 3)));
        net.node(Node::new("Gemm", "fc7").inputs(["x", "fc7.weight", "fc7.bias"]).int("transB", 1));
        net.node(Node::new("Relu", "relu7").inputs(["fc7"]));
        net.node(Node::new("Gemm", "fc8").inputs(["relu7", "fc8.weight"]));
        change(&mut net);
        own(&net.finish(outputs).unwrap())
    };
    let model = net(|_| {}, &["fc8"]);
    assert_eq!(operators(&model), ["Dense", "Gemm"]);
    let dense = model.producer("relu7").unwrap();
    assert_eq!((dense.domain(), int(dense, "relu"), int(dense, "outputs")), ("tunescope", 1, 1100));
    assert_eq!(dense.input, ["x", "fc7.weight.panels", "fc7.bias"]);
    assert_eq!(model.weight("fc7.weight.panels").unwrap().shape(), [9, 1000, 128]);
    assert!(model.weight("fc7.weight").is_err(), "the original weight is removed");
    assert_eq!(model.shapes().per_item("relu7"), Some(vec![1100]));
    let seen = net(|_| {}, &["fc7", "fc8"]);
    assert_eq!((operators(&seen), int(seen.producer("fc7").unwrap(), "relu")), (vec!["Dense", "Relu", "Gemm"], 0));
    let twice = |net: &mut Builder| {
        net.node(Node::new("Gemm", "again").inputs(["x", "fc7.weight"]).int("transB", 1));
    };
    assert!(!operators(&net(twice, &["fc8", "again"])).contains(&"Dense"), "another node uses the weight");
}

#[test]
fn a_convolution_with_other_consumers_keeps_its_output() {
    let model = own(&branched().expose(&["conv1"]).unwrap());
    assert_eq!(int(model.producer("conv1").unwrap(), "relu"), 0);
    assert_eq!(model.producer("relu1").unwrap().op_type(), "Relu");
    // With a residual connection, two nodes use the output.
    let mut net = Builder::new("twice");
    net.batch_input("x", &[2, 5, 5]).weight("w", &Array4::<f32>::ones((2, 2, 1, 1)));
    net.node(Node::new("Conv", "conv").inputs(["x", "w"]));
    net.node(Node::new("Relu", "relu").inputs(["conv"]));
    net.node(Node::new("Add", "sum").inputs(["conv", "relu"]));
    assert_eq!(operators(&own(&net.finish(&["sum"]).unwrap())), ["Convolution", "Relu", "Add"]);
}

#[test]
fn attributes_have_explicit_values() {
    let mut net = Builder::new("automatic");
    net.batch_input("x", &[4, 7, 8]).weight("w", &Array4::<f32>::ones((6, 2, 3, 2)));
    let node = Node::new("Conv", "conv").inputs(["x", "w"]).text("auto_pad", "SAME_LOWER").int("group", 2);
    net.node(node.ints("strides", [2, 1]).ints("dilations", [1, 3]));
    let model = own(&net.finish(&["conv"]).unwrap());
    let node = model.producer("conv").unwrap();
    assert_eq!((ints(node, "strides"), ints(node, "dilations")), (&[2, 1][..], &[1, 3][..]));
    assert_eq!((ints(node, "pads"), int(node, "group")), (&[1, 2, 1, 1][..], 2));
    assert!(node.attribute.iter().all(|attribute| attribute.name() != "auto_pad"));
}

#[test]
fn convolutions_with_unknown_or_unsupported_shapes_are_not_replaced() {
    let open = |sizes: &[graph::Dim], filters: ndarray::ArrayD<f32>| {
        let mut net = Builder::new("open");
        net.input("x", graph::onnx::tensor_proto::DataType::Float, sizes).weight("w", &filters);
        net.node(Node::new("Conv", "conv").inputs(["x", "w"]));
        net.finish(&["conv"]).unwrap()
    };
    let two = Array4::<f32>::ones((3, 2, 3, 3)).into_dyn();
    let model = open(&["n".into(), 2.into(), "h".into(), 9.into()], two.clone());
    assert_eq!(own(&model).to_bytes(), model.to_bytes());
    let model = open(&["n".into(), 2.into(), 9.into()], ndarray::Array3::<f32>::ones((3, 2, 3)).into_dyn());
    assert_eq!(own(&model).to_bytes(), model.to_bytes(), "a convolution over one axis");
    let model = open(&["n".into(), 2.into(), 9.into(), 9.into()], two);
    assert_ne!(own(&model).to_bytes(), model.to_bytes());
    assert_eq!(with_own_operators(&model, Convolutions::Runtime).unwrap().to_bytes(), model.to_bytes());
}

#[test]
fn gradients_of_convolutions_are_replaced() {
    let top = backward(&branched(), "joined", &["conv1.weight", "left.bias"]).unwrap();
    let model = own(&top);
    let found = operators(&model);
    assert!(!["Conv", "ConvGrad", "ConvTranspose"].iter().any(|operator| found.contains(operator)), "{found:?}");
    let count = |operator: &str| found.iter().filter(|found| **found == operator).count();
    assert_eq!((count("ConvolutionFilterGradient"), count("ConvolutionInputGradient")), (1, 2));
    let gradient = model.nodes().iter().find(|node| node.op_type() == "ConvolutionFilterGradient").unwrap();
    assert_eq!((gradient.input[0].as_str(), gradient.output.len()), ("input", 1));
    assert_eq!(ints(gradient, "kernel_shape"), [3, 3]);
    let back = model.nodes().iter().find(|node| node.op_type() == "ConvolutionInputGradient").unwrap();
    assert_eq!(ints(back, "size"), [8, 8]);
}

#[test]
fn both_training_models_have_own_operators_if_configured() {
    let made = |convolutions| {
        let options = Options { logits: "logits".to_owned(), convolutions, ..Options::default() };
        artifacts(&branched(), &options).unwrap()
    };
    let has = |bytes: Vec<u8>, operators: &[&str]| {
        let model = Model::from_own_bytes("made", bytes).unwrap();
        model.nodes().iter().any(|node| operators.contains(&node.op_type()))
    };
    let ours = ["Convolution", "ConvolutionInputGradient", "ConvolutionFilterGradient"];
    for (convolutions, own) in [(Convolutions::Own, true), (Convolutions::Runtime, false)] {
        let made = made(convolutions);
        assert_eq!(has(made.training_model.clone(), &ours), own);
        assert_eq!(has(made.training_model, &["Conv", "ConvGrad"]), !own);
        assert_eq!(has(made.eval_model.clone(), &ours), own);
        assert_eq!(has(made.eval_model, &["Conv"]), !own);
    }
}
