//! Compares the layers of the installed networks with NumPy for one drawn image. The tests need `just setup`.

#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use graph::Model;
use imaging::{Rgb, RgbImage};
use runtime::Session;
use serde_json::Value;
use zoo::Network;

/// Returns the values that `reference/networks.py` of crate `zoo` has written.
fn reference() -> Value {
    serde_json::from_str(include_str!("../../zoo/tests/reference/networks.json")).unwrap()
}

/// Returns the image of the reference.
fn image() -> RgbImage {
    RgbImage::from_fn(224, 224, |x, y| Rgb([x * 255 / 223, y * 255 / 223, (x * x + y * y) / 97 % 256].map(|c| c as u8)))
}

fn open(name: &str) -> (Network, PathBuf) {
    let data = testkit::workspace_root().join("data");
    Network::open(&data, name).unwrap_or_else(|error| panic!("{error}\nhint: run `./justw setup`"))
}

/// Runs the network `name` on the image and compares every layer of the reference.
fn compare(name: &str, tolerance: f64) {
    runtime::load(&testkit::runtime_library()).unwrap();
    let (network, path) = open(name);
    let reference = &reference()[name]["layers"];
    let layers: Vec<&str> = reference.as_object().unwrap().keys().map(String::as_str).collect();
    let part = Model::read(&path).unwrap().cut_many(&layers).unwrap();
    let input = network.input.batch([&image()]);
    let mut session = Session::from_bytes(&part.to_bytes(), 0).unwrap();
    let outputs = session.run(&[("input", input.view().into_dyn())]).unwrap();
    assert_eq!(outputs.len(), layers.len());
    for (layer, values) in outputs {
        let expected = &reference[&layer];
        let shape: Vec<usize> = network.layer(&layer).unwrap().shape.clone();
        assert_eq!(serde_json::json!(shape), expected["shape"], "{layer}");
        let spread = expected["std"].as_f64().unwrap();
        let mean = values.iter().map(|value| f64::from(*value)).sum::<f64>() / values.len() as f64;
        let off = (mean - expected["mean"].as_f64().unwrap()).abs() / spread;
        assert!(off < tolerance, "{layer}: the mean differs by {off} standard deviations");
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
fn alexnet_equals_its_reference() {
    compare("alexnet", 1e-4);
}

#[test]
fn squeezenet_equals_its_reference() {
    compare("squeezenet", 1e-4);
}

#[test]
fn the_top_classes_of_squeezenet_equal_the_reference() {
    runtime::load(&testkit::runtime_library()).unwrap();
    let (network, path) = open("squeezenet");
    let input = network.input.batch([&image()]);
    let outputs = Session::from_file(&path, 0).unwrap().run(&[("input", input.view().into_dyn())]).unwrap();
    let (_, probabilities) = outputs.iter().find(|(name, _)| Some(name) == network.probabilities.as_ref()).unwrap();
    assert!((probabilities.sum() - 1.0).abs() < 1e-5);
    let mut order: Vec<(usize, f32)> = probabilities.iter().copied().enumerate().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    for (ours, theirs) in order.iter().zip(reference()["squeezenet"]["top5"].as_array().unwrap()) {
        assert_eq!(ours.0 as u64, theirs["class"].as_u64().unwrap());
        assert!((f64::from(ours.1) - theirs["probability"].as_f64().unwrap()).abs() < 1e-4);
    }
}
