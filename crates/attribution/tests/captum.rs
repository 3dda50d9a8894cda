//! Saliency maps compared with those of Captum and PyTorch for the same weights and images. `make_captum.py` writes the reference values.
#![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

use std::path::Path;

use attribution::{Occluder, Rect, Reuse, ScoreGradients, Windows, grad_cam, greatest_size, last_maps};
use graph::builder::{Builder, Node};
use graph::{Model, Rectifier};
use ndarray::{Array, Array3, ArrayD, IxDyn};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    small: Values,
    alexnet: Values,
}

#[derive(Deserialize)]
struct Values {
    occlusion: Vec<Occluded>,
    gradients: GradientValues,
}

#[derive(Deserialize)]
struct Occluded {
    patch: usize,
    stride: usize,
    target: usize,
    uncovered: f32,
    drops: Vec<f32>,
    map: Vec<f32>,
}

#[derive(Deserialize)]
struct GradientValues {
    target: usize,
    every: usize,
    gradcam: Vec<f32>,
    gradient: View,
    saliency: View,
    guided: View,
    deconvnet: View,
}

#[derive(Deserialize)]
struct View {
    most: f32,
    values: Vec<f32>,
}

fn reference() -> Reference {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captum.json"));
    serde_json::from_str(&text.unwrap()).unwrap()
}

/// Returns the numbers that `values` in `make_captum.py` returns: residues, scaled.
fn values(shape: &[usize], salt: u64, size: f64) -> ArrayD<f32> {
    let count: usize = shape.iter().product();
    let one = |index: usize| {
        let residue = (index as u64 * 7919 + salt * 104_729) % 2003;
        ((residue * residue % 2003) as f64 / 2003.0 - 0.5) * size
    };
    Array::from_shape_fn(count, |index| one(index) as f32).into_shape_with_order(IxDyn(shape)).unwrap()
}

/// Returns the image of `make_captum.py`.
fn smooth(size: usize, salt: u32) -> Array3<f32> {
    let (whole, salt) = (size as f64, f64::from(salt));
    Array3::from_shape_fn((3, size, size), |(c, y, x)| {
        let (c, y, x) = (c as f64, y as f64, x as f64);
        let sum = ((y * (3.0 + c + salt) + x * (5.0 - c)) / whole).cos()
            + ((x * (7.0 + c) - y * 2.0 * salt) / whole + c).cos()
            + 0.5 * ((x + y) * (21.0 + 4.0 * c + salt) / whole).cos();
        sum as f32
    })
}

fn conv(
    net: &mut Builder,
    [name, from]: [&str; 2],
    filters: [usize; 4],
    (salt, size): (u64, f64),
    [stride, pad]: [i64; 2],
) {
    let (weight, bias) = (format!("{name}.weight"), format!("{name}.bias"));
    net.weight(&weight, &values(&filters, salt, size)).weight(&bias, &values(&filters[..1], salt + 1, 0.3));
    let node = Node::new("Conv", name).inputs([from, &weight, &bias]);
    net.node(node.ints("strides", [stride; 2]).ints("pads", [pad; 4]));
}

fn small() -> Model {
    let mut net = Builder::new("small");
    net.batch_input("input", &[3, 40, 40]);
    let pool = |name: &str, from: &str, operator: &str, pad: i64| {
        let node = Node::new(operator, name).inputs([from]).ints("kernel_shape", [3, 3]).ints("strides", [2, 2]);
        let node = node.ints("pads", [pad; 4]);
        if operator == "AveragePool" { node.int("count_include_pad", 1) } else { node }
    };
    conv(&mut net, ["conv1", "input"], [12, 3, 5, 5], (1, 0.6), [2, 2]);
    net.node(Node::new("Relu", "relu1").inputs(["conv1"])).node(pool("pool1", "relu1", "MaxPool", 0));
    conv(&mut net, ["conv2", "pool1"], [16, 12, 3, 3], (3, 0.5), [1, 1]);
    net.node(Node::new("Relu", "relu2").inputs(["conv2"]));
    conv(&mut net, ["conv3", "relu2"], [10, 16, 3, 3], (5, 0.5), [1, 1]);
    net.node(Node::new("Relu", "relu3").inputs(["conv3"])).node(pool("pool3", "relu3", "AveragePool", 1));
    net.weight("fc.weight", &values(&[4, 250], 7, 0.4)).weight("fc.bias", &values(&[4], 8, 0.2));
    dense(&mut net, "pool3");
    net.finish(&["probabilities"]).unwrap()
}

fn dense(net: &mut Builder, from: &str) {
    net.node(Node::new("Flatten", "flatten").inputs([from]));
    net.node(Node::new("Gemm", "fc").inputs(["flatten", "fc.weight", "fc.bias"]).int("transB", 1));
    net.node(Node::new("Softmax", "probabilities").inputs(["fc"]).int("axis", 1));
}

/// Returns the installed convolutions with one dense layer. If they are not installed, prints that and returns `None`.
fn alexnet() -> Option<Model> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/networks/alexnet/model.onnx");
    if !path.exists() {
        println!("SKIPPED: {} is not installed", path.display());
        return None;
    }
    let trunk = Model::read(path).unwrap();
    let mut head = Builder::new("head");
    head.opset(trunk.opset()).batch_input("pool5", &[256, 6, 6]);
    head.weight("fc.weight", &values(&[3, 9216], 9, 0.02)).weight("fc.bias", &values(&[3], 10, 0.1));
    dense(&mut head, "pool5");
    Some(trunk.append(&head.finish(&["probabilities"]).unwrap()).unwrap())
}

/// Returns the greatest difference of two lists.
fn apart<'a>(found: impl IntoIterator<Item = &'a f32>, expected: &[f32]) -> f32 {
    let found: Vec<f32> = found.into_iter().copied().collect();
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).fold(0.0, |most, (a, b)| most.max((a - b).abs()))
}

fn occlusion(model: &Model, image: &Array3<f32>, cover: &Array3<f32>, expected: &Occluded) {
    runtime::load(&testkit::runtime_library()).unwrap();
    let size = image.len_of(ndarray::Axis(1));
    let windows = Windows::new(size, expected.patch, expected.stride).unwrap();
    let rects: Vec<Rect> = windows.rects();
    let mut probabilities = Vec::new();
    for reuse in [Reuse::On, Reuse::Off] {
        let mut occluder = Occluder::new(model, &["probabilities"], &rects, reuse, 2).unwrap();
        let probed = occluder.probe(image, cover, &|_| {}).unwrap();
        let whole = probed.uncovered[0][expected.target];
        assert!((whole - expected.uncovered).abs() < 1e-5, "{whole} and {}", expected.uncovered);
        let column = probed.covered[0].column(expected.target).to_owned();
        let drops: Vec<f32> = column.iter().map(|value| whole - value).collect();
        let drops_apart = apart(&drops, &expected.drops);
        let map = windows.accumulate(&drops);
        let map_apart = apart(map.slice(ndarray::s![..;7, ..;7]), &expected.map);
        println!("{reuse:?} {windows:?}: drops differ by {drops_apart:.1e}, the map by {map_apart:.1e} at most");
        assert!(drops_apart < 1e-4 && map_apart < 1e-4, "{drops_apart} {map_apart}");
        probabilities.push(column);
    }
    let reuse_apart = apart(&probabilities[0], probabilities[1].as_slice().unwrap());
    println!("reuse and none differ by {reuse_apart:.1e} at most");
    assert!(reuse_apart < 1e-5, "{reuse_apart}");
    assert!(expected.drops.iter().any(|drop| drop.abs() > 0.01), "covering changes nothing");
}

/// Asserts that all values differ by less than 1e-3 of the greatest value.
fn close(what: &str, found: ndarray::ArrayView3<f32>, every: usize, expected: &View) {
    let step = every as isize;
    let off = apart(found.slice(ndarray::s![.., ..;step, ..;step]), &expected.values) / expected.most;
    println!("{what}: {off:.1e} of the greatest value");
    assert!(off < 1e-3, "{what}: {off}");
}

fn gradients(model: &Model, layer: &str, image: &Array3<f32>, classes: usize, expected: &GradientValues) {
    runtime::load(&testkit::runtime_library()).unwrap();
    assert_eq!(last_maps(model, "fc").as_deref(), Some(layer));
    let compute = |rectifier: Rectifier| {
        let mut gradients = ScoreGradients::new(model, "fc", Some(layer), rectifier, 2).unwrap();
        gradients.compute(image.view(), expected.target, classes).unwrap()
    };
    let plain = compute(Rectifier::Slope);
    let every = expected.every;
    close("gradient", plain.image.view(), every, &expected.gradient);
    let saliency = greatest_size(plain.image.view()).insert_axis(ndarray::Axis(0));
    close("saliency", saliency.view(), every, &expected.saliency);
    close("guided", compute(Rectifier::Guided).image.view(), every, &expected.guided);
    close("deconvnet", compute(Rectifier::Deconvolution).image.view(), every, &expected.deconvnet);
    let (activations, gradient) = plain.layer.unwrap();
    let cam = grad_cam(activations.view(), gradient.view());
    let most = expected.gradcam.iter().fold(0.0f32, |most, value| most.max(*value));
    assert!(most > 0.0);
    let off = apart(&cam, &expected.gradcam) / most;
    println!("gradcam: {off:.1e} of the greatest value");
    assert!(off < 1e-3, "gradcam: {off}");
}

#[test]
fn occlusion_of_a_small_network_matches_captum() {
    let expected = reference().small;
    let (model, image) = (small(), smooth(40, 1));
    occlusion(&model, &image, &Array3::zeros(image.dim()), &expected.occlusion[0]);
    occlusion(&model, &image, &smooth(40, 2), &expected.occlusion[1]);
}

#[test]
fn gradients_of_a_small_network_match_captum() {
    gradients(&small(), "relu3", &smooth(40, 1), 4, &reference().small.gradients);
}

#[test]
fn occlusion_of_alexnet_matches_captum() {
    let Some(model) = alexnet() else { return };
    let image = smooth(224, 1);
    for expected in &reference().alexnet.occlusion {
        occlusion(&model, &image, &Array3::zeros(image.dim()), expected);
    }
}

#[test]
fn gradients_of_alexnet_match_captum() {
    let Some(model) = alexnet() else { return };
    gradients(&model, "relu5", &smooth(224, 1), 3, &reference().alexnet.gradients);
}
