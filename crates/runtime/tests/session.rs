//! Tests of inference: outputs with known values, and errors that name the file.

use graph::Model;
use graph::builder::{Builder, Node};
use graph::onnx::tensor_proto::DataType;
use ndarray::{Array4, ArrayD, IxDyn, array};
use runtime::Session;

use crate::common;

/// Returns a model with the outputs `dense = input * weight + bias`, `[n, 3]` -> `[n, 2]`, and `rectified`.
fn tiny() -> Model {
    let mut net = Builder::new("tiny");
    net.batch_input("input", &[3]);
    net.weight("weight", &array![[1.0_f32, 0.0], [0.0, 1.0], [2.0, -4.0]]);
    net.weight("bias", &array![0.5_f32, 0.25]);
    net.node(Node::new("Gemm", "dense").inputs(["input", "weight", "bias"]));
    net.node(Node::new("Relu", "rectified").inputs(["dense"]));
    net.finish(&["dense", "rectified"]).unwrap()
}

#[test]
fn outputs_have_their_names_and_values() {
    common::load();
    let mut session = Session::new(&tiny(), 2).unwrap();
    assert_eq!(session.input_names(), ["input"]);
    assert_eq!(session.output_names(), ["dense", "rectified"]);
    let input = array![[1.0_f32, 2.0, 3.0], [-1.0, 0.0, 0.0]].into_dyn();
    let outputs = session.run(&[("input", input.view())]).unwrap();
    assert_eq!(outputs[0], ("dense".to_owned(), array![[7.5_f32, -9.75], [-0.5, 0.25]].into_dyn()));
    assert_eq!(outputs[1], ("rectified".to_owned(), array![[7.5_f32, 0.0], [0.0, 0.25]].into_dyn()));
}

#[test]
fn the_memory_order_of_an_input_does_not_matter() {
    common::load();
    let mut session = Session::new(&tiny(), 1).unwrap();
    let columns = array![[1.0_f32, -1.0], [2.0, 0.0], [3.0, 0.0]];
    let outputs = session.run(&[("input", columns.t().into_dyn())]).unwrap();
    assert_eq!(outputs[0].1, array![[7.5_f32, -9.75], [-0.5, 0.25]].into_dyn());
}

#[test]
fn two_sessions_give_the_same_bits() {
    common::load();
    let mut net = Builder::new("convolution");
    net.batch_input("input", &[3, 32, 32]);
    let values = (0..16 * 3 * 25).map(|at| (f32::from(at as u16) * 0.37).sin());
    net.weight("weight", &Array4::from_shape_vec((16, 3, 5, 5), values.collect()).unwrap());
    net.node(Node::new("Conv", "conv1").inputs(["input", "weight"]).ints("pads", [2, 2, 2, 2]));
    net.node(Node::new("Relu", "relu1").inputs(["conv1"]));
    let model = net.finish(&["relu1"]).unwrap();
    let input = ArrayD::from_shape_fn(IxDyn(&[4, 3, 32, 32]), |at| ((at[0] + 7 * at[2] + 3 * at[3]) as f32).cos());
    let run = || Session::new(&model, 2).unwrap().run(&[("input", input.view())]).unwrap().remove(0).1;
    let first = run();
    assert_eq!(first.shape(), [4, 16, 32, 32]);
    assert!(first.iter().any(|&value| value > 0.0));
    assert!(first.iter().zip(&run()).all(|(one, other)| one.to_bits() == other.to_bits()));
}

#[test]
fn wrong_names_and_shapes_are_errors() {
    common::load();
    let mut session = Session::new(&tiny(), 1).unwrap();
    let input = array![[1.0_f32, 2.0, 3.0]].into_dyn();
    let message = session.run(&[("image", input.view())]).unwrap_err().to_string();
    assert_eq!(message, "tiny takes the inputs `input`, not `image`");
    let message = session.run(&[]).unwrap_err().to_string();
    assert_eq!(message, "tiny takes the inputs `input`, not none");
    let message = session.run(&[("input", input.view()), ("input", input.view())]).unwrap_err().to_string();
    assert!(message.contains("not `input`, `input`"), "{message}");
    let narrow = array![[1.0_f32, 2.0]].into_dyn();
    let message = session.run(&[("input", narrow.view())]).unwrap_err().to_string();
    assert!(message.starts_with("tiny: "), "{message}");
    assert!(message.contains("input") && message.contains('3'), "{message}");
}

#[test]
fn an_empty_batch_is_an_error_or_an_empty_result() {
    common::load();
    let mut session = Session::new(&tiny(), 1).unwrap();
    let nothing = ArrayD::<f32>::zeros(IxDyn(&[0, 3]));
    match session.run(&[("input", nothing.view())]) {
        Ok(outputs) => assert_eq!(outputs[0].1.shape(), [0, 2]),
        Err(error) => assert!(error.to_string().starts_with("tiny: ")),
    }
}

#[test]
fn a_model_that_onnx_runtime_rejects_is_named() {
    common::load();
    let mut net = Builder::new("rejected");
    net.batch_input("input", &[3]);
    // The standard has no such attribute.
    net.node(Node::new("Relu", "output").inputs(["input"]).int("speed", 3));
    let message = Session::new(&net.finish(&["output"]).unwrap(), 1).unwrap_err().to_string();
    assert!(message.starts_with("rejected is not a model that ONNX Runtime can run: "), "{message}");
}

#[test]
fn a_model_with_other_element_types_is_rejected() {
    common::load();
    let mut net = Builder::new("integers");
    net.input("input", DataType::Int64, &["n".into()]);
    net.node(Node::new("Neg", "negated").inputs(["input"]));
    let model = net.finish(&["negated"]).unwrap();
    let message = Session::new(&model, 1).unwrap_err().to_string();
    assert!(message.starts_with("integers: `input` is "), "{message}");
    assert!(message.ends_with(", not a tensor of 32-bit floats"), "{message}");
}
