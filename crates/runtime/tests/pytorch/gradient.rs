//! Compares the loss and the gradients of every weight and of the input.

use std::collections::BTreeMap;

use graph::{Model, backward};
use ndarray::{Array2, Axis, Ix2};
use runtime::{Convolutions, Layout, Session, with_own_operators};
use serde::Deserialize;

use super::networks;
use super::values::{hashes, uniform};
use crate::common;

/// Allowed difference of a gradient from the reference, as a share of its norm.
const TOLERANCE: f64 = 1e-4;

#[derive(Deserialize)]
struct Case {
    loss: f64,
    gradients: Vec<Gradient>,
}

/// The reference of a gradient: its norm, its products with 4 random tensors, and 16 entries.
#[derive(Deserialize)]
struct Gradient {
    name: String,
    length: f64,
    products: Vec<f64>,
    entries: Vec<f64>,
}

/// Computes the mean cross-entropy of logits `[n, classes]` and its gradient.
fn cross_entropy(logits: &Array2<f32>, labels: &[usize]) -> (f64, Array2<f32>) {
    let mut gradient = Array2::zeros(logits.raw_dim());
    let mut loss = 0.0;
    let count = labels.len() as f64;
    for ((row, mut slope), &label) in logits.outer_iter().zip(gradient.outer_iter_mut()).zip(labels) {
        let largest = row.iter().copied().fold(f32::MIN, f32::max);
        let powers = row.mapv(|value| f64::from(value - largest).exp());
        let sum = powers.sum();
        loss -= (powers[label] / sum).ln() / count;
        slope.assign(&powers.mapv(|power| (power / sum / count) as f32));
        slope[label] -= (1.0 / count) as f32;
    }
    (loss, gradient)
}

/// Compares the loss and all gradients of a network with the case `name` of the reference. The gradients of the convolutions are
/// computed by ONNX Runtime and by our own operators. The forward part is always computed by ONNX Runtime.
///
/// In the forward part, our convolutions differ from ONNX Runtime in the last bits. If two values of a pooling window are almost
/// equal, another value can be the largest. In `SqueezeNet`, one window with 3.188240 and 3.188238 changes the gradient of the
/// image by 0.25 % of its norm. `own_convolution.rs` compares the forward part.
fn check(name: &str, model: &Model, images: &[usize], amplitude: f32) {
    common::load();
    for convolutions in [Convolutions::Runtime, Convolutions::Own] {
        check_with(convolutions, name, model, images, amplitude);
    }
}

/// Replaces the operators that follow `top` in `backward`, a model that computes gradients of the output `top`.
fn above(backward: &Model, top: &str, convolutions: Convolutions) -> Model {
    let own = with_own_operators(backward, convolutions).unwrap();
    let end =
        |model: &Model| model.nodes().iter().position(|node| node.output.iter().any(|name| name == top)).unwrap() + 1;
    let mut proto = own.to_proto();
    let graph = proto.graph.as_mut().unwrap();
    graph.node = [&backward.nodes()[..end(backward)], &own.nodes()[end(&own)..]].concat();
    Model::from_proto(backward.label(), proto).unwrap()
}

fn check_with(convolutions: Convolutions, name: &str, model: &Model, images: &[usize], amplitude: f32) {
    let mut cases: BTreeMap<String, Case> = serde_json::from_str(include_str!("reference/gradients.json")).unwrap();
    let case = cases.remove(name).unwrap();
    let input = uniform("input", images, amplitude, 0.0);
    let top = model.outputs()[0].to_owned();
    let mut session = Session::new(model, 1).unwrap();
    let logits = session.run(&[("input", input.view())]).unwrap().remove(0).1.into_dimensionality::<Ix2>().unwrap();
    let labels: Vec<usize> = (0..images[0]).map(|at| at * 7 % logits.len_of(Axis(1))).collect();
    let (loss, seed) = cross_entropy(&logits, &labels);
    assert!(
        (loss - case.loss).abs() < 1e-5 * case.loss,
        "{name}, {convolutions:?}: the loss is {loss}, not {}",
        case.loss
    );

    let names: Vec<&str> = case.gradients.iter().map(|gradient| gradient.name.as_str()).collect();
    let statistics = |weight: &String| [".mean", ".var"].iter().any(|end| weight.ends_with(end));
    let weights = model.weights().unwrap().into_iter().map(|(weight, _)| weight);
    for weight in weights.filter(|weight| !statistics(weight)) {
        assert!(names.contains(&weight.as_str()), "{name}: the reference has no {weight}");
    }
    let backward = backward(model, &top, &names).unwrap();
    let backward = above(&backward, &top, convolutions);
    let own = backward.nodes().iter().any(|node| node.op_type() == "ConvolutionFilterGradient");
    assert_eq!(own, convolutions == Convolutions::Own);
    let mut session = Session::with_own_operators(&backward, 1, Layout::Plain).unwrap();
    let seed = seed.into_dyn();
    let outputs = session.run(&[("input", input.view()), (&format!("{top}_grad"), seed.view())]).unwrap();
    let outputs: BTreeMap<_, _> = outputs.into_iter().collect();
    for expected in &case.gradients {
        let found = &outputs[&format!("{}_grad", expected.name)];
        let found: Vec<f64> = found.iter().map(|&value| f64::from(value)).collect();
        let error = difference(expected, &found);
        let whose = format!("{name}, {convolutions:?}: the gradient of {}", expected.name);
        assert!(error < TOLERANCE, "{whose} differs by {error:e} of its norm");
    }
}

/// Returns the largest difference from the reference, as a share of the norm of the gradient.
fn difference(expected: &Gradient, found: &[f64]) -> f64 {
    let length = found.iter().map(|value| value * value).sum::<f64>().sqrt();
    let mut worst = (length - expected.length).abs();
    for (at, product) in expected.products.iter().enumerate() {
        let drawn = uniform(&format!("{}/product{at}", expected.name), &[found.len()], 1.0, 0.0);
        let own: f64 = drawn.iter().zip(found).map(|(&drawn, value)| f64::from(drawn) * value).sum();
        // The mean square of a random entry is 1/3, so a product shows this share of a difference.
        worst = worst.max((own - product).abs() * 3_f64.sqrt());
    }
    let places = hashes(&format!("{}/entry", expected.name), expected.entries.len());
    for (place, entry) in places.zip(&expected.entries) {
        worst = worst.max((found[place as usize % found.len()] - entry).abs());
    }
    worst / expected.length
}

#[test]
fn gradients_of_alexnet() {
    check("alexnet", &networks::alexnet(networks::CLASSIFIER, false), &[2, 3, 224, 224], 1.7);
}

#[test]
fn gradients_of_the_caffe_alexnet() {
    check("caffe", &networks::caffe(), &[2, 3, 227, 227], 120.0);
}

#[test]
fn gradients_of_squeezenet() {
    check("squeezenet", &networks::squeezenet(), &[2, 3, 224, 224], 1.7);
}

#[test]
fn gradients_of_a_residual_network() {
    check("residual", &networks::residual(), &[4, 3, 32, 32], 1.7);
}
