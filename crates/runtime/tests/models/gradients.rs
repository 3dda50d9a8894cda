//! Tests of which gradients the training graph has, and of operators without a gradient. The tests in
//! `crates/runtime/tests/gradients` check the values.

use graph::builder::{Builder, Node};
use graph::{Error, Model, tuning};
use ndarray::{Array1, Array2};
use runtime::Convolutions;
use runtime::training::{Options, artifacts};

use crate::nets::{branched, head, operators};

fn training_model(model: &Model, options: &Options) -> Result<Model, Error> {
    Model::from_own_bytes("training", artifacts(model, options)?.training_model)
}

fn with_logits(logits: &str) -> Options {
    Options { logits: logits.to_owned(), ..Options::default() }
}

#[test]
fn only_the_needed_gradients_are_computed() {
    let last = Options { trained: Some(vec!["fc8.bias".to_owned()]), ..Options::default() };
    let model = training_model(&head(), &last).unwrap();
    let backward: Vec<&str> =
        operators(&model).into_iter().skip_while(|operator| *operator != "SoftmaxCrossEntropyLossGrad").collect();
    assert_eq!(backward, ["SoftmaxCrossEntropyLossGrad", "ReduceSum", "AdamW"]);

    let all = training_model(&head(), &Options::default()).unwrap();
    assert!(all.tensors().contains(&"fc7_grad"));
    assert!(!all.tensors().iter().any(|tensor| tensor.starts_with("features_grad")), "the features have no gradient");
}

#[test]
fn gradients_of_a_tensor_with_several_consumers_are_summed() {
    let mut net = Builder::new("diamond");
    net.batch_input("x", &[4]).weight("w", &Array2::<f32>::eye(4)).weight("b", &Array1::<f32>::zeros(4));
    net.node(Node::new("MatMul", "product").inputs(["x", "w"]));
    net.node(Node::new("Add", "biased").inputs(["product", "b"]));
    net.node(Node::new("Relu", "relu").inputs(["biased"]));
    net.node(Node::new("Add", "sum").inputs(["relu", "biased"]));
    net.node(Node::new("Mul", "square").inputs(["sum", "sum"]));
    let model = training_model(&net.finish(&["square"]).unwrap(), &with_logits("square")).unwrap();
    let sums: Vec<&str> =
        model.nodes().iter().filter(|node| node.op_type() == "Sum").map(|node| node.output[0].as_str()).collect();
    assert_eq!(sums, ["sum_grad.sum", "biased_grad.sum"]);
}

#[test]
fn the_error_for_an_operator_without_a_rule_names_the_deepest_possible_depth() {
    let mut net = Builder::new("strange");
    net.batch_input("x", &[4]);
    for weight in ["w6", "w7", "w8"] {
        net.weight(weight, &Array2::<f32>::eye(4));
    }
    net.node(Node::new("MatMul", "fc6").inputs(["x", "w6"]));
    net.node(Node::new("Erf", "bend").inputs(["fc6"]));
    net.node(Node::new("MatMul", "fc7").inputs(["bend", "w7"]));
    net.node(Node::new("MatMul", "fc8").inputs(["fc7", "w8"]));
    let model = net.finish(&["fc8"]).unwrap();
    let expected = "strange: node `bend` (Erf): there is no gradient rule for this operator; \
        the deepest layer that can be tuned is `fc7`";
    let error = training_model(&model, &with_logits("fc8")).unwrap_err();
    assert_eq!(error.to_string(), expected);
    assert_eq!(tuning::split(&model, "fc6").unwrap_err().to_string(), expected);
    assert_eq!(tuning::split(&model, "fc7").unwrap().trained, ["w7", "w8"]);
    // If no depth is possible, the error names none.
    let bend = model.cut("bend").unwrap();
    let error = training_model(&bend, &with_logits("bend")).unwrap_err();
    assert_eq!(error.to_string(), "strange: node `bend` (Erf): there is no gradient rule for this operator");
}

#[test]
fn operators_below_the_trained_weights_need_no_rule() {
    let mut net = Builder::new("frozen");
    net.batch_input("x", &[4]).weight("w", &Array2::<f32>::eye(4));
    net.node(Node::new("Erf", "bend").inputs(["x"]));
    net.node(Node::new("MatMul", "product").inputs(["bend", "w"]));
    assert!(training_model(&net.finish(&["product"]).unwrap(), &with_logits("product")).is_ok());
}

#[test]
fn a_weight_that_does_not_influence_the_loss_is_rejected() {
    let trained = Options { trained: Some(vec!["fc9.weight".to_owned()]), ..Options::default() };
    let error = training_model(&head(), &trained).unwrap_err();
    assert!(error.to_string().contains("there is no tensor `fc9.weight`; the nearest are"), "{error}");
}

#[test]
fn the_input_of_the_first_layer_has_no_gradient() {
    let options = Options { convolutions: Convolutions::Runtime, ..with_logits("logits") };
    let model = training_model(&branched(), &options).unwrap();
    let gradient = |layer: &str| {
        let weight = format!("{layer}.weight");
        let mut nodes = model.nodes().iter().filter(|node| node.op_type() == "ConvGrad");
        nodes.find(|node| node.input[2] == weight).unwrap().output.clone()
    };
    assert_eq!(gradient("conv1"), ["", "conv1.weight_grad", "conv1.bias_grad"]);
    assert_eq!(gradient("left")[0], "", "another convolution computes the gradient of the input");
    let parts = model.nodes().iter().filter(|node| node.output[0].starts_with("pool1_grad"));
    let parts = parts.map(graph::onnx::NodeProto::op_type).filter(|operator| matches!(*operator, "Conv" | "Sum"));
    assert!(parts.eq(["Conv", "Conv", "Sum"]));
    assert!(
        model.producer("pool1").is_some_and(|node| node.op_type() == "Relu"),
        "pooling comes before the activation"
    );
    let pool = model.producer("relu1").unwrap();
    assert_eq!(pool.output, ["relu1", "relu1.second"], "the gradient needs the positions of the maxima");
    let gradient = model.producer("conv1_grad").unwrap();
    assert_eq!((gradient.op_type(), gradient.attribute[0].ints.as_slice()), ("PoolGradient", &[4_i64, 16, 16][..]));
}
