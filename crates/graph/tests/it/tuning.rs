//! Tests of the cut for tuning and of the part above it.

use graph::builder::{Builder, Node};
use graph::tuning::{Cut, refuse_settings, split, trainable};
use graph::{Model, backward};
use ndarray::{Array1, Array2, Array4, arr0};

use crate::nets::{branched, head, operators};

fn cut(tensor: &str, trained: &[&str]) -> Cut {
    Cut { tensor: tensor.to_owned(), trained: trained.iter().map(|name| (*name).to_owned()).collect() }
}

fn refusal(model: &Model, layer: &str) -> String {
    split(model, layer).unwrap_err().to_string()
}

const BRANCHES: [&str; 4] = ["left.weight", "left.bias", "right.weight", "right.bias"];

#[test]
fn a_layer_and_all_layers_after_it_are_trained() {
    let model = branched();
    let all = ["conv1.weight", "conv1.bias", BRANCHES[0], BRANCHES[1], BRANCHES[2], BRANCHES[3]];
    assert_eq!(split(&model, "input").unwrap(), cut("input", &all));
    assert_eq!(split(&model, "conv1").unwrap(), cut("input", &all));
    assert_eq!(split(&model, "relu1").unwrap(), cut("pool1", &BRANCHES), "the next layer with weights is trained");
    assert_eq!(split(&model, "left").unwrap(), cut("pool1", &BRANCHES));
}

#[test]
fn layers_parallel_to_a_trained_branch_are_frozen_above_the_cut() {
    let model = branched();
    let found = split(&model, "right").unwrap();
    assert_eq!(found, cut("pool1", &BRANCHES[2..]));
    let above = model.above("pool1", "logits").unwrap();
    assert_eq!(above.inputs(), ["pool1"]);
    assert_eq!(operators(&above), ["Conv", "Conv", "Concat", "GlobalAveragePool", "Flatten"]);
    assert_eq!(above.shapes().per_item("joined"), Some(vec![5, 8, 8]), "the shapes are known without the part below");
}

#[test]
fn dropout_below_a_trained_layer_is_above_the_cut() {
    let model = head();
    assert_eq!(split(&model, "fc8").unwrap(), cut("relu7", &["fc8.weight", "fc8.bias"]));
    assert_eq!(split(&model, "fc7").unwrap().tensor, "features");
    let above = model.above("relu7", "fc8").unwrap();
    assert_eq!(operators(&above), ["Dropout", "Gemm"]);
}

/// Returns a network with a residual block (conv -> norm -> clip), a division by a constant, and a dense layer.
fn residual() -> Model {
    let mut net = Builder::new("residual");
    net.batch_input("x", &[2, 4, 4]);
    for name in ["conv1", "conv2"] {
        net.weight(&format!("{name}.weight"), &Array4::<f32>::ones((2, 2, 3, 3)));
        net.node(Node::new("Relu", &format!("{name}.input")).inputs([if name == "conv1" { "x" } else { "conv1" }]));
        let conv = Node::new("Conv", name).inputs([format!("{name}.input"), format!("{name}.weight")]);
        net.node(conv.ints("pads", [1; 4]));
    }
    for part in ["scale", "shift", "mean", "variance"] {
        net.weight(&format!("norm.{part}"), &Array1::<f32>::ones(2));
    }
    net.weight("low", &arr0(0.0_f32)).weight("high", &arr0(6.0_f32)).weight("half", &Array1::<f32>::ones(1));
    let norm = Node::new("BatchNormalization", "norm");
    net.node(norm.inputs(["conv2", "norm.scale", "norm.shift", "norm.mean", "norm.variance"]));
    net.node(Node::new("Clip", "clip").inputs(["norm", "low", "high"]));
    net.node(Node::new("Add", "sum").inputs(["clip", "conv1"]));
    net.node(Node::new("Div", "halved").inputs(["sum", "half"]));
    net.node(Node::new("GlobalAveragePool", "mean").inputs(["halved"]));
    net.node(Node::new("Flatten", "flat").inputs(["mean"]));
    net.weight("dense", &Array2::<f32>::ones((3, 2)));
    net.node(Node::new("Transpose", "turned").inputs(["dense"]));
    net.node(Node::new("MatMul", "logits").inputs(["flat", "turned"]));
    net.finish(&["logits"]).unwrap()
}

#[test]
fn the_cut_is_below_a_residual_connection_around_the_layer() {
    let model = residual();
    assert_eq!(split(&model, "conv2").unwrap(), cut("conv1", &["conv2.weight", "norm.scale", "norm.shift", "dense"]));
    assert_eq!(split(&model, "norm").unwrap(), cut("conv1", &["norm.scale", "norm.shift", "dense"]));
    assert_eq!(split(&model, "logits").unwrap(), cut("flat", &["dense"]), "a transposed weight is a weight");
}

#[test]
fn statistics_bounds_and_constants_are_not_trained() {
    assert_eq!(trainable(&residual()), ["conv1.weight", "conv2.weight", "norm.scale", "norm.shift", "dense"]);
    let error = refuse_settings(&residual(), &["norm.mean".to_owned()]).unwrap_err().to_string();
    assert_eq!(
        error,
        "residual: tensor `norm.mean`: it is a setting of `norm` (BatchNormalization) and cannot be trained"
    );
}

#[test]
fn a_weight_that_is_shared_with_a_frozen_layer_is_frozen() {
    let mut net = Builder::new("shared");
    net.batch_input("x", &[3]).weight("w", &Array2::<f32>::eye(3)).weight("b", &Array1::<f32>::ones(3));
    net.node(Node::new("MatMul", "first").inputs(["x", "w"]));
    net.node(Node::new("Gemm", "second").inputs(["first", "w", "b"]));
    let model = net.finish(&["second"]).unwrap();
    assert_eq!(split(&model, "second").unwrap(), cut("first", &["b"]));
    assert_eq!(split(&model, "first").unwrap(), cut("x", &["w", "b"]));
}

#[test]
fn a_batch_size_that_is_read_from_the_input_does_not_move_the_cut() {
    let mut net = Builder::new("exported");
    net.batch_input("x", &[2, 3]).weight("w1", &Array2::<f32>::eye(3)).weight("w2", &Array2::<f32>::ones((6, 2)));
    net.integers("first", &[0]).integers("rest", &[-1]);
    net.node(Node::new("Shape", "sizes").inputs(["x"]));
    net.node(Node::new("Gather", "batch").inputs(["sizes", "first"]));
    net.node(Node::new("MatMul", "fc1").inputs(["x", "w1"]));
    net.node(Node::new("Concat", "target").inputs(["batch", "rest"]).int("axis", 0));
    net.node(Node::new("Reshape", "flat").inputs(["fc1", "target"]));
    net.node(Node::new("MatMul", "fc2").inputs(["flat", "w2"]));
    let model = net.finish(&["fc2"]).unwrap();
    assert_eq!(model.shapes().per_item("fc2"), Some(vec![2]));
    assert_eq!(split(&model, "fc2").unwrap(), cut("flat", &["w2"]));
    assert_eq!(operators(&model.above("fc1", "fc2").unwrap()), ["Reshape", "MatMul"]);
}

#[test]
fn errors_name_the_tensor_that_prevents_a_cut() {
    let model = branched();
    assert!(refusal(&model, "conv2").starts_with("branched: there is no tensor `conv2`; the nearest are `conv1`"));
    assert_eq!(refusal(&model, "mean"), "branched: there is no weight to train at `mean` or after it");
    let mut net = Builder::new("two inputs");
    net.batch_input("a", &[3]).batch_input("b", &[3]).weight("w", &Array2::<f32>::eye(3));
    net.node(Node::new("MatMul", "product").inputs(["a", "w"]));
    net.node(Node::new("Add", "sum").inputs(["product", "b"]));
    let model = net.finish(&["sum"]).unwrap();
    assert_eq!(
        refusal(&model, "product"),
        "two inputs: no single tensor below `product` leads to all that would be trained"
    );
    let error = model.above("product", "sum").unwrap_err().to_string();
    assert_eq!(error, "two inputs: `sum` depends on `b` past `product`, so the model cannot be cut there");
    let error = branched().above("left", "pool1").unwrap_err().to_string();
    assert_eq!(error, "branched: `pool1` depends on `input` past `left`, so the model cannot be cut there");
}

#[test]
fn gradients_of_missing_or_independent_tensors_are_errors() {
    let model = branched();
    let error = |of: &str| backward(&model, "left", &[of]).unwrap_err().to_string();
    assert!(error("relu2").starts_with("branched: there is no tensor `relu2`; the nearest are `relu1`"));
    assert_eq!(error("right"), "branched: tensor `right`: `left` does not depend on it, so it has no gradient");
    let whole = backward(&model, "logits", &["input"]).unwrap();
    assert_eq!(whole.inputs(), ["input", "logits_grad"]);
    assert_eq!(whole.outputs(), ["logits", "input_grad"]);
    assert_eq!(whole.shapes().get("logits_grad"), model.shapes().get("logits"));
    let used = operators(&whole);
    assert!(
        used.contains(&"ConvTranspose") && !used.contains(&"ConvGrad"),
        "the gradients of the filters are not computed"
    );
}

#[test]
fn gradients_of_the_original_alexnet() {
    let model = Model::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/light_bvlc_alexnet.onnx")).unwrap();
    let whole = backward(&model, "r24", &["data_0", "r12"]).unwrap();
    assert_eq!(whole.opset(), 15, "the old operator set is converted");
    assert_eq!(whole.inputs(), ["data_0", "r24_grad"]);
    let shapes = whole.shapes();
    shapes.accept(whole.label()).unwrap();
    for (tensor, expected) in [("data_0", vec![3, 224, 224]), ("r12", vec![256, 12, 12]), ("r1", vec![96, 54, 54])] {
        assert_eq!(shapes.per_item(&format!("{tensor}_grad")), Some(expected), "{tensor}");
    }
    let groups = whole.nodes().iter().filter(|node| node.op_type() == "ConvTranspose").map(|node| {
        node.attribute.iter().find(|attribute| attribute.name() == "group").map_or(1, graph::onnx::AttributeProto::i)
    });
    assert!(groups.eq([2, 2, 1, 2, 1]), "conv5 to conv1");
    let count = |operator: &str| operators(&whole).into_iter().filter(|found| *found == operator).count();
    assert_eq!((count("MaxPoolGrad"), count("ReluGrad"), count("AveragePool"), count("Dropout")), (3, 7, 4, 0));
}
