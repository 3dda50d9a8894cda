//! Compares whole networks with our own convolutions and with those of ONNX Runtime.

use graph::Model;
use graph::onnx::NodeProto;
use ndarray::ArrayD;
use runtime::{Convolutions, Layout, Session, with_own_operators};

use super::networks;
use super::values::uniform;
use crate::common;

/// Allowed difference of an output, as a share of the root mean square of the outputs.
const TOLERANCE: f64 = 1e-5;

fn own(model: &Model) -> Model {
    with_own_operators(model, Convolutions::Own).unwrap()
}

fn run(model: &Model, input: &ArrayD<f32>, threads: usize) -> ArrayD<f32> {
    let mut session = Session::with_own_operators(model, threads, Layout::Plain).unwrap();
    session.run(&[("input", input.view())]).unwrap().remove(0).1
}

fn count(model: &Model, operator: &str) -> usize {
    model.nodes().iter().map(NodeProto::op_type).filter(|found| *found == operator).count()
}

/// Compares the output of the last layer. All convolutions of the network must be replaced.
fn check(model: &Model, images: &[usize], amplitude: f32, convolutions: usize) {
    common::load();
    let input = uniform("input", images, amplitude, 0.0);
    let mine = own(model);
    assert_eq!((count(&mine, "Convolution"), count(&mine, "Conv")), (convolutions, 0));
    let (expected, found) = (run(model, &input, 1), run(&mine, &input, 1));
    let square = expected.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>() / expected.len() as f64;
    let apart = expected.iter().zip(&found).map(|(a, b)| f64::from(a - b).abs()).fold(0.0, f64::max);
    let error = apart / square.sqrt();
    assert!(error < TOLERANCE, "{}: the difference is {error:e}", model.label());
}

#[test]
fn alexnet_agrees_with_onnx_runtime() {
    check(&networks::alexnet(networks::CLASSIFIER, false), &[2, 3, 224, 224], 1.7, 5);
}

#[test]
fn the_caffe_alexnet_agrees_with_onnx_runtime() {
    check(&networks::caffe(), &[2, 3, 227, 227], 120.0, 5);
}

#[test]
fn squeezenet_agrees_with_onnx_runtime() {
    check(&networks::squeezenet(), &[2, 3, 224, 224], 1.7, 26);
}

#[test]
fn a_residual_network_agrees_with_onnx_runtime() {
    check(&networks::residual(), &[4, 3, 32, 32], 1.7, 11);
}

/// The work is divided independently of the number of threads, and the outputs for an image do not depend on the other images of
/// the batch.
#[test]
fn threads_and_batches_do_not_change_the_bits() {
    common::load();
    let model = own(&networks::alexnet(networks::CLASSIFIER, false).cut("conv5.relu.pool").unwrap());
    let input = uniform("input", &[5, 3, 224, 224], 1.7, 0.0);
    let bits = |values: &ArrayD<f32>| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    let whole = bits(&run(&model, &input, 1));
    assert_eq!(bits(&run(&model, &input, 2)), whole);
    let backwards = input.slice(ndarray::s![..;-1, .., .., ..]).to_owned().into_dyn();
    let mut found = run(&model, &backwards, 2);
    found.invert_axis(ndarray::Axis(0));
    assert_eq!(bits(&found), whole);
}
