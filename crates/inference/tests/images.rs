//! Errors of networks and images that do not fit together, and the independence of features. Needs `just setup`.

use graph::Model;
use graph::head::{self, Head};
use imaging::RgbImage;
use inference::{Classifier, Error, Layers, Trunk};
use ndarray::Axis;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use zoo::Network;

fn open(name: &str) -> (Network, Model, std::path::PathBuf) {
    runtime::load(&testkit::runtime_library()).unwrap();
    let (network, path) = Network::open(&testkit::workspace_root().join("data"), name).unwrap();
    let model = Model::read(&path).unwrap();
    (network, model, path)
}

/// Returns AlexNet up to its first dense layer, which is large enough for the dense operator of crate `runtime`.
fn alexnet_with_a_dense_layer() -> (Network, Model) {
    let (network, model, _) = open("alexnet");
    let features = head::features(&model, &network.features.layer, head::Pooling::None).unwrap();
    let dense = Head { features: 9216, hidden: vec![128], classes: 3 };
    let whole = features.append(&dense.build(&mut ChaCha8Rng::seed_from_u64(1)).unwrap()).unwrap();
    (network, whole.cut("relu7").unwrap().without_dropout().unwrap())
}

#[test]
fn the_features_of_an_image_do_not_depend_on_its_batch() {
    let (squeezenet, model, _) = open("squeezenet");
    let cut = model.cut("fire8").unwrap();
    for ((network, trunk), batch) in [((squeezenet, cut), 32), (alexnet_with_a_dense_layer(), 64)] {
        let rewritten = Trunk::rewrite(&trunk).unwrap();
        let mut trunk = Trunk::open(&rewritten, &network.input, 2).unwrap();
        assert_eq!(trunk.batch(), batch, "{}", network.name);
        let drawn: Vec<RgbImage> = (0..5).map(|at| testkit::images::draw("disc", at, network.input.size)).collect();
        let mut bits = |places: &[usize]| -> Vec<Vec<u32>> {
            let images: Vec<&RgbImage> = places.iter().map(|place| &drawn[*place]).collect();
            let features = trunk.run(&images).unwrap();
            assert_eq!(features.shape()[0], places.len());
            features.axis_iter(Axis(0)).map(|row| row.iter().map(|value| value.to_bits()).collect()).collect()
        };
        let together = bits(&[0, 1, 2, 3, 4]);
        assert_eq!(bits(&[1]), together[1..2], "{}", network.name);
        let reversed: Vec<_> = together[2..].iter().rev().cloned().collect();
        assert_eq!(bits(&[4, 3, 2]), reversed, "{}", network.name);
        assert_ne!(together[0], together[1]);
        assert!(trunk.run(&[] as &[RgbImage]).unwrap().is_empty());
    }
}

#[test]
fn images_of_another_size_are_refused() {
    let (network, model, path) = open("squeezenet");
    let mut layers = Layers::open(&model, &network.input, &["conv1"], 1).unwrap();
    let mut classifier = Classifier::open(network, &path, 1).unwrap();
    let images = [RgbImage::new(224, 224), RgbImage::new(224, 100)];
    let wanted = "image 1 of the batch is 224 x 100 pixels, but the network takes 224 x 224";
    assert_eq!(layers.run(&images).unwrap_err().to_string(), wanted);
    assert_eq!(classifier.probabilities(&images).unwrap_err().to_string(), wanted);
}

#[test]
fn a_trunk_has_no_classes_and_unknown_layers_are_named() {
    let (network, model, path) = open("alexnet");
    let error = Layers::open(&model, &network.input, &["conv9"], 1).unwrap_err();
    assert!(matches!(error, Error::Graph(_)) && error.to_string().contains("there is no tensor `conv9`"), "{error}");
    let error = Classifier::open(network, &path, 1).unwrap_err();
    assert_eq!(error.to_string(), "network `alexnet` has no classifier, so it cannot name classes");
}

#[test]
fn a_model_that_contradicts_its_description_is_refused() {
    let (mut network, _, path) = open("squeezenet");
    network.classes.pop();
    let image = [RgbImage::new(224, 224)];
    let error = Classifier::open(network.clone(), &path, 1).unwrap().probabilities(&image).unwrap_err();
    assert!(matches!(error, Error::Shape { .. }), "{error}");
    let (mut network, _, path) = open("squeezenet");
    network.probabilities = network.logits.clone();
    let error = Classifier::open(network.clone(), &path, 1).unwrap().probabilities(&image).unwrap_err();
    assert!(error.to_string().contains("are not probabilities: the values for an image add up to "), "{error}");
    network.probabilities = Some("nothing".to_owned());
    let error = Classifier::open(network, &path, 1).unwrap_err();
    assert!(error.to_string().contains("there is no tensor `nothing`"), "{error}");
}
