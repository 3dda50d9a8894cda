//! Compares the losses of twenty training steps with the same weights, batches, masks and `AdamW` settings.

use std::collections::BTreeMap;

use graph::{Model, tuning};
use ndarray::{ArrayD, ArrayViewD, Axis, stack};
use runtime::training::{AdamW, Options, artifacts};
use runtime::{Convolutions, Session, Trainer};
use serde::Deserialize;

use super::networks;
use super::values::{mask, uniform};
use crate::common;

const IMAGES: usize = 20;
const BATCH: usize = 4;
const CLASSES: usize = 3;
/// Allowed difference of a loss from the reference, in nats.
const TOLERANCE: f64 = 1e-3;

#[derive(Deserialize)]
struct Curves {
    weight_decay: f32,
    depths: BTreeMap<String, Curve>,
}

#[derive(Deserialize)]
struct Curve {
    learning_rate: f32,
    /// The first layer that is trained.
    first: String,
    losses: Vec<f64>,
}

/// Returns an image of class `at % 3`. It is noise that is brighter in one of the three colours.
fn image(at: usize) -> ArrayD<f32> {
    let mut noise = uniform(&format!("picture{at}"), &[3, 224, 224], 1.0, 0.0);
    noise.index_axis_mut(Axis(0), at % CLASSES).mapv_inplace(|value| value + 0.5);
    noise
}

/// Returns the tensor at the cut for each image.
fn at_cut(model: &Model, tensor: &str) -> Vec<ArrayD<f32>> {
    let images = (0..IMAGES).map(image);
    if tensor == "input" {
        return images.collect();
    }
    let below = model.without_dropout().unwrap().cut(tensor).unwrap();
    let mut session = Session::new(&below, 1).unwrap();
    let run = |image: ArrayD<f32>| {
        let batch = image.insert_axis(Axis(0));
        session.run(&[("input", batch.view())]).unwrap().remove(0).1.remove_axis(Axis(0))
    };
    images.map(run).collect()
}

/// Trains from a depth on, with the convolutions of ONNX Runtime and with ours, and compares the losses with the reference.
fn check(depth: &str) {
    common::load();
    for convolutions in [Convolutions::Runtime, Convolutions::Own] {
        check_with(convolutions, depth);
    }
}

fn check_with(convolutions: Convolutions, depth: &str) {
    let curves: Curves = serde_json::from_str(include_str!("reference/curves.json")).unwrap();
    let expected = &curves.depths[depth];
    let model = networks::alexnet([9216, 64, 48, CLASSES], true);
    let cut = tuning::split(&model, &expected.first).unwrap();
    let above = model.above(&cut.tensor, "fc8").unwrap();
    let optimizer = AdamW { weight_decay: curves.weight_decay, ..AdamW::default() };
    let options = Options { trained: Some(cut.trained), optimizer, convolutions, ..Options::default() };
    let made = artifacts(&above, &options).unwrap();
    let files = made.files(CLASSES);
    let mut trainer = Trainer::new(&files, 2).unwrap();
    let items = at_cut(&model, &cut.tensor);
    assert_eq!(expected.losses.len(), 20);
    let first_mask = 9 - made.masks.len();
    for (step, &reference) in expected.losses.iter().enumerate() {
        let rows: Vec<usize> = (0..BATCH).map(|at| (step * BATCH + at) % IMAGES).collect();
        let batch: Vec<ArrayViewD<f32>> = rows.iter().map(|&row| items[row].view()).collect();
        let batch = stack(Axis(0), &batch).unwrap();
        let labels: Vec<i64> = rows.iter().map(|row| (row % CLASSES) as i64).collect();
        let masks: Vec<ArrayD<f32>> = (first_mask..)
            .zip(&made.masks)
            .map(|(number, sized)| {
                let size = sized.shape.iter().product();
                mask(&format!("mask{number} of step {step}"), &[BATCH, size])
                    .into_shape_with_order([&[BATCH], sized.shape.as_slice()].concat())
                    .unwrap()
            })
            .collect();
        let mut inputs = vec![batch.view()];
        inputs.extend(masks.iter().map(|mask| mask.view()));
        let loss = f64::from(trainer.step(&inputs, &labels, expected.learning_rate).unwrap());
        assert!(
            (loss - reference).abs() < TOLERANCE,
            "{depth}, {convolutions:?}, step {step}: loss {loss}, not {reference}"
        );
    }
}

#[test]
fn losses_of_training_the_last_dense_layer() {
    check("fc8");
}

#[test]
fn losses_of_training_the_last_convolution_and_all_layers_above() {
    check("c5fc678");
}

#[test]
fn losses_of_training_all_layers() {
    check("all");
}
