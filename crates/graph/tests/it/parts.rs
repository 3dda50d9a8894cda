//! Tests of cutting, exposing and joining models.

use graph::builder::{Builder, Node};
use graph::head::{self, Pooling};
use graph::{Dim, Error, Model};
use ndarray::arr0;

use crate::nets::{branched, head, operators};

fn initializers(model: &Model) -> Vec<&str> {
    model.graph().initializer.iter().map(graph::onnx::TensorProto::name).collect()
}

#[test]
fn a_cut_keeps_only_the_nodes_that_compute_the_tensor() {
    let part = branched().cut("left").unwrap();
    assert_eq!(operators(&part), ["Conv", "Relu", "MaxPool", "Conv"]);
    assert_eq!(initializers(&part), ["conv1.weight", "conv1.bias", "left.weight", "left.bias"]);
    assert_eq!((part.inputs(), part.outputs()), (vec!["input"], vec!["left"]));
    assert_eq!(part.shapes().get("left"), Some(&[Dim::from("n"), 2.into(), 8.into(), 8.into()][..]));
}

#[test]
fn the_error_for_an_unknown_tensor_names_similar_tensors() {
    let error = branched().cut("pol1").unwrap_err();
    let Error::UnknownTensor { nearest, .. } = &error else { panic!("{error}") };
    assert_eq!(nearest[0], "pool1");
    assert_eq!(error.to_string().split(';').next(), Some("branched: there is no tensor `pol1`"));
    assert!(branched().cut("conv1.weight").is_err(), "a weight is not computed by a node");
}

#[test]
fn a_cut_at_the_input_has_no_nodes() {
    let nothing = branched().cut("input").unwrap();
    assert!(nothing.nodes().is_empty() && initializers(&nothing).is_empty());
}

#[test]
fn exposed_tensors_follow_the_outputs_of_the_model() {
    let model = branched().expose(&["pool1", "probabilities", "conv1"]).unwrap();
    assert_eq!(model.outputs(), ["probabilities", "pool1", "conv1"]);
    assert_eq!(model.nodes().len(), branched().nodes().len());
    assert!(branched().expose(&["nothing"]).is_err());
}

#[test]
fn a_head_is_joined_with_a_trunk() {
    let extractor = head::features(&branched(), "pool1", Pooling::None).unwrap();
    assert_eq!(extractor.shapes().per_item(head::FEATURES), Some(vec![4 * 8 * 8]));
    let averaged = head::features(&branched(), "joined", Pooling::Average).unwrap();
    assert_eq!(averaged.shapes().per_item(head::FEATURES), Some(vec![5]));

    let new = head::Head { features: 5, hidden: vec![], classes: 2 }.build(&mut crate::nets::rng()).unwrap();
    let tuned = averaged.append(&new.without_dropout().unwrap()).unwrap();
    assert_eq!(tuned.outputs(), ["probabilities"]);
    assert_eq!(tuned.inputs(), ["input"]);
    assert_eq!(tuned.shapes().per_item("probabilities"), Some(vec![2]));
    assert!(!operators(&tuned).contains(&"Dropout"));
    Model::from_bytes("tuned", tuned.to_bytes()).unwrap();
}

#[test]
fn models_that_do_not_fit_together_are_not_joined() {
    let mut upper = Builder::new("upper");
    upper.batch_input("pool1", &[4, 8, 8]);
    upper.node(Node::new("Relu", "relu1").inputs(["pool1"]));
    let error = branched().append(&upper.finish(&["relu1"]).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "cannot put `upper` on top of `branched`: both have `relu1`");

    let error = branched().append(&head()).unwrap_err();
    assert!(error.to_string().contains("there is no tensor `features`"), "{error}");
}

#[test]
fn constants_of_both_parts_exist_once() {
    let mut net = Builder::new("bounded");
    net.batch_input("input", &[3]);
    net.weight("least", &arr0(0.0)).weight("half", &arr0(3.0));
    net.node(Node::new("Add", "most").inputs(["half", "half"]));
    net.node(Node::new("Clip", "below").inputs(["input", "least", "most"]));
    net.node(Node::new("Sigmoid", "middle").inputs(["below"]));
    net.node(Node::new("Clip", "above").inputs(["middle", "least", "most"]));
    let whole = net.finish(&["above"]).unwrap();
    let (trunk, head) = (whole.cut("middle").unwrap(), whole.above("middle", "above").unwrap());
    assert_eq!(trunk.append(&head).unwrap().to_bytes(), whole.to_bytes());
    // A constant with another value stays an error.
    let mut other = head.to_proto();
    for weight in &mut other.graph.as_mut().unwrap().initializer {
        weight.raw_data = Some(1_f32.to_le_bytes().to_vec().into());
    }
    let error = trunk.append(&Model::from_proto("other", other).unwrap()).unwrap_err();
    assert!(error.to_string().contains("both have "), "{error}");
}

#[test]
fn operator_sets_are_unified_if_the_operators_keep_their_meaning() {
    let on_top = |operator: &str| {
        let mut upper = Builder::new("upper");
        upper.opset(11).batch_input("logits", &[5]);
        upper.node(Node::new(operator, "top").inputs(["logits"]).int("axis", 1));
        branched().append(&upper.finish(&["top"]).unwrap())
    };
    assert_eq!(on_top("Softmax").unwrap().opset(), 15);
    let error = on_top("LogSoftmax").unwrap_err().to_string();
    assert!(error.contains("one uses operator set 15, the other 11"), "{error}");

    // A new head, which has dropout, goes on a network of any recent operator set.
    for (opset, joins) in [(9, false), (11, false), (13, true), (17, true), (18, true), (22, true)] {
        let mut lower = Builder::new("lower");
        lower.opset(opset).batch_input("input", &[5]);
        lower.node(Node::new("Relu", "features").inputs(["input"]));
        let new = head::Head { features: 5, hidden: vec![4], classes: 2 }.build(&mut crate::nets::rng()).unwrap();
        let joined = lower.finish(&["features"]).unwrap().append(&new);
        assert_eq!(joined.as_ref().is_ok_and(|joined| joined.opset() == opset), joins, "{opset}: {joined:?}");
    }
}

#[test]
fn dropout_is_removed() {
    let plain = head().without_dropout().unwrap();
    assert_eq!(operators(&plain), ["Gemm", "Relu", "Gemm", "Softmax"]);
    assert_eq!(plain.nodes()[0].input[0], "features");
    assert_eq!(plain.nodes()[2].input[0], "relu7");
}

#[test]
fn a_model_that_is_read_and_written_keeps_its_bytes() {
    let bytes = branched().to_bytes();
    assert_eq!(Model::from_bytes("again", bytes.clone()).unwrap().to_bytes(), bytes);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    branched().write(&path).unwrap();
    assert_eq!(Model::read(&path).unwrap().to_bytes(), bytes);
}
