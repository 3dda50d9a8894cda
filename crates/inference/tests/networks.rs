//! The installed networks against NumPy and PyTorch: the values of each layer for one drawn image. Needs the networks of the recipe `test`.

use std::path::PathBuf;

use graph::Model;
use imaging::{Rgb, RgbImage};
use inference::{Classifier, Layers};
use serde_json::Value;
use zoo::Network;

/// Returns the values of the network `name` that `reference/networks.py` (NumPy) and `reference/efficientnet.py` (PyTorch) of crate
/// `zoo` computed.
fn reference(name: &str) -> Value {
    let all: Value = serde_json::from_str(match name {
        "efficientnet-lite0" => include_str!("../../zoo/tests/reference/efficientnet.json"),
        _ => include_str!("../../zoo/tests/reference/networks.json"),
    })
    .unwrap();
    all[name].clone()
}

/// Returns the image of the reference.
fn image() -> RgbImage {
    RgbImage::from_fn(224, 224, |x, y| Rgb([x * 255 / 223, y * 255 / 223, (x * x + y * y) / 97 % 256].map(|c| c as u8)))
}

fn open(name: &str) -> (Network, PathBuf) {
    runtime::load(&testkit::runtime_library()).unwrap();
    let data = testkit::workspace_root().join("data");
    Network::open(&data, name)
        .unwrap_or_else(|error| panic!("{error}\nhint: run `./justw setup --network {name}` first"))
}

/// Compares every layer of the reference. `tolerance` is in standard deviations of the layer.
fn compare(name: &str, tolerance: f64) {
    let (network, path) = open(name);
    let reference = &reference(name)["layers"];
    let names: Vec<&str> = reference.as_object().unwrap().keys().map(String::as_str).collect();
    let mut layers = Layers::open(&Model::read(&path).unwrap(), &network.input, &names, 0).unwrap();
    let outputs = layers.run(&[image()]).unwrap();
    assert_eq!(outputs.len(), names.len());
    for (layer, values) in names.into_iter().zip(outputs) {
        let expected = &reference[layer];
        assert_eq!(serde_json::json!(network.layer(layer).unwrap().shape), expected["shape"], "{layer}");
        let spread = expected["std"].as_f64().unwrap();
        let mean = values.iter().map(|value| f64::from(*value)).sum::<f64>() / values.len() as f64;
        let off = (mean - expected["mean"].as_f64().unwrap()).abs() / spread;
        assert!(off < tolerance, "{layer}: the mean is off by {off} standard deviations");
        let expected = expected["every_997th"].as_array().unwrap();
        let ours: Vec<f32> = values.iter().step_by(997).copied().collect();
        assert_eq!(ours.len(), expected.len());
        for (ours, theirs) in ours.iter().zip(expected) {
            let off = (f64::from(*ours) - theirs.as_f64().unwrap()).abs() / spread;
            assert!(off < tolerance, "{layer}: {ours} differs from {theirs}");
        }
    }
}

#[test]
fn alexnet_computes_what_numpy_computes_from_the_same_weights() {
    compare("alexnet", 1e-4);
}

#[test]
fn squeezenet_computes_what_numpy_computes_from_the_same_weights() {
    compare("squeezenet", 1e-4);
}

#[test]
fn efficientnet_computes_what_pytorch_computes_from_the_same_weights() {
    compare("efficientnet-lite0", 1e-4);
}

#[test]
fn the_five_most_probable_classes_equal_those_of_the_reference() {
    for name in ["squeezenet", "efficientnet-lite0"] {
        let (network, path) = open(name);
        let mut classifier = Classifier::open(network, &path, 0).unwrap();
        let probabilities = classifier.probabilities(&[image()]).unwrap();
        assert!((probabilities.sum() - 1.0).abs() < 1e-5);
        let top = inference::top(probabilities.row(0).iter().copied(), 5).unwrap();
        let theirs = reference(name)["top5"].as_array().unwrap().clone();
        assert_eq!(theirs.len(), 5);
        for ((class, probability), theirs) in top.into_iter().zip(theirs) {
            assert_eq!(class as u64, theirs["class"].as_u64().unwrap(), "{name}");
            assert!((f64::from(probability) - theirs["probability"].as_f64().unwrap()).abs() < 1e-4, "{name}");
        }
    }
}
