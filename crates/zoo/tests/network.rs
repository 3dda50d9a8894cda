//! Descriptions on disk: reading, writing, altered files, truncated files.

#![allow(clippy::unwrap_used, clippy::float_cmp)]

use std::path::Path;

use image::{Rgb, RgbImage};
use tempfile::TempDir;
use zoo::{Channels, Features, InputTransform, Layer, Network, Pooling};

fn tiny(model: &[u8]) -> Network {
    Network {
        name: "tiny".to_owned(),
        input: InputTransform {
            tensor: "input".to_owned(),
            size: 2,
            channels: Channels::Bgr,
            scale: 0.5,
            mean: [1.0, 2.0, 3.0],
            std: [1.0, 2.0, 4.0],
        },
        layers: vec![
            Layer { name: "conv1".to_owned(), operator: "Conv".to_owned(), shape: vec![4, 2, 2] },
            Layer { name: "probabilities".to_owned(), operator: "Softmax".to_owned(), shape: vec![2] },
        ],
        features: Features { layer: "conv1".to_owned(), pool: Pooling::None },
        logits: None,
        probabilities: Some("probabilities".to_owned()),
        classes: vec!["cat".to_owned(), "dog".to_owned()],
        origin: "made by a test".to_owned(),
        sha256: zoo::sha256(model),
        parent: None,
    }
}

/// Returns a data folder with the network `tiny`. Its model is the bytes `model`.
fn installed() -> TempDir {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("networks/tiny");
    fs_err::create_dir_all(&folder).unwrap();
    fs_err::write(folder.join("model.onnx"), b"model").unwrap();
    tiny(b"model").write(&folder.join("network.json")).unwrap();
    data
}

fn refusal(data: &Path, name: &str) -> String {
    Network::open(data, name).unwrap_err().to_string()
}

#[test]
fn a_description_is_read_as_it_was_written() {
    let data = installed();
    let (network, model) = Network::open(data.path(), "tiny").unwrap();
    assert_eq!(network, tiny(b"model"));
    assert_eq!(model, data.path().join("networks/tiny/model.onnx"));
    assert_eq!(Network::read(&data.path().join("networks/tiny/network.json")).unwrap(), network);
    assert_eq!(network.layer("conv1").unwrap().shape, [4, 2, 2]);
    assert!(network.layer("conv2").is_none());
}

#[test]
fn a_tuned_network_is_opened_by_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("model.onnx"), b"tuned").unwrap();
    tiny(b"tuned").write(&folder.path().join("model.json")).unwrap();
    assert_eq!(Network::open_folder(folder.path()).unwrap().0, tiny(b"tuned"));
}

#[test]
fn an_altered_or_truncated_model_is_refused() {
    let data = installed();
    let model = data.path().join("networks/tiny/model.onnx");
    for bytes in [b"mode".as_slice(), b"Model", b""] {
        fs_err::write(&model, bytes).unwrap();
        let message = refusal(data.path(), "tiny");
        assert!(message.contains("model.onnx: altered or truncated"), "{message}");
    }
    fs_err::remove_file(&model).unwrap();
    assert!(refusal(data.path(), "tiny").contains("model.onnx"));
}

#[test]
fn an_altered_description_is_refused() {
    let data = installed();
    let path = data.path().join("networks/tiny/network.json");
    let whole = fs_err::read_to_string(&path).unwrap();
    for (from, to, expected) in [
        (whole.as_str(), &whole[..whole.len() / 2], "EOF"),
        ("\"size\": 2", "\"size\": 0", "`input.size` is 0"),
        ("\"size\": 2", "\"size\": -2", "invalid value"),
        ("\"BGR\"", "\"GRB\"", "unknown variant `GRB`"),
        ("\"layer\": \"conv1\"", "\"layer\": \"conv9\"", "`conv9` is not one of the layers"),
        ("\"dog\"", "\"dog\", \"eel\"", "3 classes for the 2 outputs"),
        ("\"origin\"", "\"orígin\"", "unknown field"),
        ("4.0\n", "0.0\n", "`std` must not be 0"),
    ] {
        assert!(whole.contains(from), "{from}");
        fs_err::write(&path, whole.replacen(from, to, 1)).unwrap();
        let message = refusal(data.path(), "tiny");
        assert!(message.contains("network.json: not a description of a network"), "{message}");
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn a_name_cannot_lead_out_of_the_folder_and_a_missing_network_is_an_error() {
    let data = installed();
    for name in ["", "../tiny", "..", ".hidden", "a/b", "/etc", "tiny\n"] {
        assert!(refusal(data.path(), name).contains("is not the name of a network"), "{name:?}");
    }
    assert!(refusal(data.path(), "vgg").starts_with("network `vgg` is not installed: "));
}

#[test]
fn images_become_tensors_in_the_order_of_channels_of_the_network() {
    let image = RgbImage::from_pixel(2, 2, Rgb([10, 20, 30]));
    let batch = tiny(b"").input.batch([&image, &image]);
    assert_eq!(batch.dim(), (2, 3, 2, 2));
    // Blue, green, red: (pixel * 0.5 - mean) / std.
    assert_eq!([batch[[1, 0, 0, 0]], batch[[1, 1, 1, 1]], batch[[1, 2, 0, 1]]], [14.0, 4.0, 0.5]);
}
