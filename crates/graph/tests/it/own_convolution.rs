//! Which convolutions become operators of our own. That these compute the same is tested where a runtime is at hand, in
//! `crates/runtime/tests`.

use graph::builder::{Builder, Node};
use graph::onnx::NodeProto;
use graph::training::{Options, artifacts};
use graph::{Convolutions, Model, backward};
use ndarray::Array4;

use crate::nets::{branched, operators};

fn own(model: &Model) -> Model {
    model.with_own_convolutions(Convolutions::Own).unwrap()
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
fn a_convolution_takes_the_rectifier_in_that_alone_reads_it() {
    let model = own(&branched());
    let expected =
        ["Convolution", "MaxPool", "Convolution", "Convolution", "Concat", "GlobalAveragePool", "Flatten", "Softmax"];
    assert_eq!(operators(&model), expected);
    let [first, left] = ["relu1", "left"].map(|name| model.producer(name).unwrap());
    assert_eq!((first.domain(), int(first, "relu"), int(left, "relu")), ("tunescope", 1, 0));
    assert_eq!(first.input, ["input", "conv1.weight", "conv1.bias"]);
    assert_eq!(model.inputs(), branched().inputs());
    assert_eq!(model.shapes().per_item("relu1"), Some(vec![4, 16, 16]), "the runtime knows no rule for its shape");
    assert!(!model.tensors().contains(&"conv1"));
    assert!(domains(&model).contains(&"tunescope".to_owned()));
}

#[test]
fn a_convolution_that_something_else_reads_keeps_its_output() {
    let model = own(&branched().expose(&["conv1"]).unwrap());
    assert_eq!(int(model.producer("conv1").unwrap(), "relu"), 0);
    assert_eq!(model.producer("relu1").unwrap().op_type(), "Relu");
    // With a residual connection two nodes read it.
    let mut net = Builder::new("twice");
    net.batch_input("x", &[2, 5, 5]).weight("w", &Array4::<f32>::ones((2, 2, 1, 1)));
    net.node(Node::new("Conv", "conv").inputs(["x", "w"]));
    net.node(Node::new("Relu", "relu").inputs(["conv"]));
    net.node(Node::new("Add", "sum").inputs(["conv", "relu"]));
    assert_eq!(operators(&own(&net.finish(&["sum"]).unwrap())), ["Convolution", "Relu", "Add"]);
}

#[test]
fn attributes_are_written_out() {
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
fn what_is_not_known_before_the_run_stays_the_runtimes() {
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
    assert_eq!(own(&model).to_bytes(), model.to_bytes(), "of one axis");
    let model = open(&["n".into(), 2.into(), 9.into(), 9.into()], two);
    assert_ne!(own(&model).to_bytes(), model.to_bytes());
    assert_eq!(model.with_own_convolutions(Convolutions::Runtime).unwrap().to_bytes(), model.to_bytes());
}

#[test]
fn gradients_of_convolutions_are_taken_over() {
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
fn both_models_of_a_training_have_them_where_they_are_asked_for() {
    let made = |convolutions| {
        let options = Options { logits: "logits".to_owned(), convolutions, ..Options::default() };
        artifacts(&branched(), &options).unwrap()
    };
    let has = |bytes: Vec<u8>, operators: &[&str]| {
        let model = Model::from_bytes("made", bytes).unwrap();
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
