//! Compares the loss with label smoothing and class weights, and its gradient, with PyTorch.

use graph::builder::{Builder, Node};
use ndarray::Array2;
use runtime::Trainer;
use runtime::training::{AdamW, Options, artifacts};
use serde_json::Value;

use crate::common;

/// With these settings, a step moves each weight by its gradient. `head_gradient.rs` explains this.
const LARGE: f32 = 1e6;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn matrix(value: &Value, columns: usize) -> Array2<f32> {
    let values: Vec<f32> = numbers(value).into_iter().map(|value| value as f32).collect();
    Array2::from_shape_vec((values.len() / columns, columns), values).unwrap()
}

#[test]
fn loss_and_gradient_agree_with_pytorch() {
    common::load();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/loss.json");
    let reference: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let (x, weight) = (matrix(&reference["x"], 4).into_dyn(), matrix(&reference["weight"], 4));
    let labels: Vec<i64> =
        reference["labels"].as_array().unwrap().iter().map(|label| label.as_i64().unwrap()).collect();
    let mut net = Builder::new("logits");
    net.batch_input("x", &[4]).weight("w", &weight);
    net.node(Node::new("MatMul", "fc8").inputs(["x", "w"]));
    let model = net.finish(&["fc8"]).unwrap();
    let cases = reference["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 6);
    for case in cases {
        let weights = (!case["class_weights"].is_null()).then(|| numbers(&case["class_weights"]));
        let options = Options {
            label_smoothing: case["label_smoothing"].as_f64().unwrap() as f32,
            class_weights: weights.map(|weights| weights.into_iter().map(|weight| weight as f32).collect()),
            optimizer: AdamW { beta1: 0.0, beta2: 0.0, eps: LARGE, weight_decay: 0.0 },
            ..Options::default()
        };
        let made = artifacts(&model, &options).unwrap();
        let files = made.files(4);
        let mut trainer = Trainer::new(&files, 1).unwrap();
        let plain = f64::from(trainer.evaluate(&[x.view()], &labels).unwrap().loss);
        assert!(
            (plain - case["plain"].as_f64().unwrap()).abs() < 1e-5,
            "the loss of the evaluation model has no smoothing and no weights: {plain}"
        );
        let before = trainer.parameters().unwrap();
        let loss = f64::from(trainer.step(&[x.view()], &labels, LARGE).unwrap());
        assert!((loss - case["loss"].as_f64().unwrap()).abs() < 1e-5, "{loss}, {case}");
        let after = trainer.parameters().unwrap();
        for ((before, after), expected) in before.iter().zip(after).zip(numbers(&case["gradient"])) {
            let gradient = f64::from(*before) - f64::from(after);
            assert!((gradient - expected).abs() < 1e-5, "{gradient}, not {expected}: {case}");
        }
    }
}
