//! Occlusion with reuse gives the same outputs as whole runs, on networks with all kinds of layers.

use attribution::{Error, Occluder, PixelFader, Rect, Reuse, ScoreGradients, Windows};
use graph::builder::{Builder, Node};
use graph::{Model, Rectifier};
use ndarray::{Array, Array1, Array3, ArrayD, IxDyn};

/// Returns values that look random, between `-size` and `size`.
fn wave(shape: &[usize], frequency: f32, size: f32) -> ArrayD<f32> {
    let count: usize = shape.iter().product();
    Array::from_shape_fn(count, |i| ((i as f32 * frequency).sin() * 43.0).sin() * size)
        .into_shape_with_order(IxDyn(shape))
        .unwrap()
}

fn image(channels: usize, size: usize, frequency: f32) -> Array3<f32> {
    wave(&[channels, size, size], frequency, 1.5).into_dimensionality().unwrap()
}

struct Net(Builder);

impl Net {
    fn new(size: usize) -> Self {
        let mut net = Builder::new("made up");
        net.batch_input("input", &[3, size, size]);
        Self(net)
    }

    /// Adds a convolution with random filters and bias. `node` sets its attributes.
    fn conv(&mut self, name: &str, from: &str, filters: [usize; 4], node: impl Fn(Node) -> Node) -> &mut Self {
        let spread = (2.0 / (filters[1] * filters[2] * filters[3]) as f32).sqrt() * 1.4;
        self.0.weight(&format!("{name}.w"), &wave(&filters, 0.37 + filters[0] as f32 * 0.01, spread));
        self.0.weight(&format!("{name}.b"), &(wave(&[filters[0]], 0.9, 0.1)));
        let (w, b) = (format!("{name}.w"), format!("{name}.b"));
        self.0.node(node(Node::new("Conv", name).inputs([from, &w, &b])));
        self
    }

    fn node(&mut self, node: Node) -> &mut Self {
        self.0.node(node);
        self
    }

    /// Adds a dense layer for the `inputs` values of `from`, and finishes the network.
    fn head(&mut self, from: &str, inputs: usize) -> Model {
        self.0.weight("fc.w", &wave(&[5, inputs], 0.77, (4.0 / inputs as f32).sqrt()));
        self.0.weight("fc.b", &Array1::from_vec(vec![0.1f32, 0.0, -0.1, 0.2, 0.0]));
        self.node(Node::new("Flatten", "flatten").inputs([from]));
        self.node(Node::new("Gemm", "fc").inputs(["flatten", "fc.w", "fc.b"]).int("transB", 1));
        self.node(Node::new("Softmax", "probabilities").inputs(["fc"]).int("axis", 1));
        self.0.finish(&["probabilities"]).unwrap()
    }
}

fn load() {
    runtime::load(&testkit::runtime_library()).unwrap();
}

/// Compares occlusion with reuse and whole runs. Returns the last tensor that is computed in rectangles.
fn agrees(model: &Model, size: usize, windows: &[Rect]) -> String {
    load();
    let (image, cover) = (image(3, size, 0.11), image(3, size, 0.23));
    let outputs = ["probabilities", "fc"];
    let mut whole = Occluder::new(model, &outputs, windows, Reuse::Off, 1).unwrap();
    assert_eq!(whole.reused_up_to(), "input");
    let expected = whole.probe(&image, &cover, &|_| {}).unwrap();
    let mut changed = 0.0f32;
    let mut up_to = String::new();
    for threads in [1, 2] {
        let mut occluder = Occluder::new(model, &outputs, windows, Reuse::On, threads).unwrap();
        let counted = std::sync::atomic::AtomicUsize::new(0);
        let found = occluder
            .probe(&image, &cover, &|n| {
                counted.fetch_add(n, std::sync::atomic::Ordering::Relaxed);
            })
            .unwrap();
        assert_eq!(counted.into_inner(), windows.len());
        for (found, expected) in found.covered.iter().zip(&expected.covered) {
            assert_eq!(found.dim(), expected.dim());
            for ((window, found), expected) in found.outer_iter().enumerate().zip(expected.outer_iter()) {
                for (a, b) in found.iter().zip(expected) {
                    assert!((a - b).abs() < 1e-5, "window {window} of {:?}: {a} and {b}", windows[window]);
                }
            }
        }
        for (row, uncovered) in expected.covered[0].outer_iter().map(|row| (row, &expected.uncovered[0])) {
            changed = row.iter().zip(uncovered).fold(changed, |most, (a, b)| most.max((a - b).abs()));
        }
        let again = occluder.probe(&image, &cover, &|_| {}).unwrap();
        assert!(again.covered == found.covered, "a second run with {threads} threads gives other bits");
        occluder.reused_up_to().clone_into(&mut up_to);
    }
    assert!(changed > 1e-3, "covering changes nothing: {changed}");
    up_to
}

fn windows(size: usize) -> Vec<Rect> {
    let mut all = Windows::new(size, 9, 4).unwrap().rects();
    all.push(Rect { top: 0, left: 3, height: 1, width: 1 });
    all.push(Rect { top: 0, left: 0, height: size, width: size });
    all.push(Rect { top: size - 2, left: 5, height: 2, width: 13 });
    all
}

#[test]
fn occlusion_with_every_kind_of_pooling() {
    let mut net = Net::new(45);
    net.conv("conv1", "input", [20, 3, 5, 5], |node| node.ints("strides", [2, 2]).ints("pads", [2, 2, 2, 2]));
    net.node(Node::new("Relu", "relu1").inputs(["conv1"]));
    net.node(Node::new("LRN", "norm1").inputs(["relu1"]).int("size", 5).float("alpha", 0.02).float("beta", 0.75));
    net.node(Node::new("MaxPool", "pool1").inputs(["norm1"]).ints("kernel_shape", [3, 3]).ints("strides", [2, 2]));
    net.conv("conv2", "pool1", [33, 20, 5, 5], |node| node.ints("pads", [2, 2, 2, 2]));
    net.node(Node::new("LeakyRelu", "relu2").inputs(["conv2"]).float("alpha", 0.1));
    net.conv("conv3", "relu2", [17, 33, 3, 3], |node| node.ints("pads", [1, 1, 1, 1]));
    net.node(Node::new("Relu", "relu3").inputs(["conv3"]));
    net.node(
        Node::new("AveragePool", "pool3")
            .inputs(["relu3"])
            .ints("kernel_shape", [3, 3])
            .ints("strides", [2, 2])
            .ints("pads", [1, 1, 1, 1])
            .int("ceil_mode", 1),
    );
    let model = net.head("pool3", 17 * 36);
    assert_eq!(agrees(&model, 45, &windows(45)), "pool3");
}

#[test]
fn occlusion_with_groups_dilations_and_rectangular_kernels() {
    let mut net = Net::new(30);
    net.conv("conv1", "input", [12, 3, 3, 5], |node| node.ints("pads", [1, 2, 1, 2]));
    net.node(Node::new("HardSwish", "bent").inputs(["conv1"]));
    net.conv("conv2", "bent", [8, 3, 3, 3], |node| node.int("group", 4).ints("pads", [0, 1, 1, 0]));
    net.conv("conv3", "conv2", [10, 8, 3, 3], |node| node.ints("dilations", [2, 3]).ints("strides", [1, 2]));
    net.node(Node::new("Sigmoid", "flat").inputs(["conv3"]));
    net.conv("conv4", "flat", [6, 10, 1, 1], |node| node);
    net.node(Node::new("GlobalAveragePool", "mean").inputs(["conv4"]));
    let model = net.head("mean", 6);
    assert_eq!(agrees(&model, 30, &windows(30)), "conv4");
}

#[test]
fn occlusion_with_joined_branches() {
    let mut net = Net::new(32);
    net.conv("conv1", "input", [16, 3, 3, 3], |node| node.ints("pads", [1, 1, 1, 1]));
    net.node(Node::new("Relu", "relu1").inputs(["conv1"]));
    net.node(
        Node::new("MaxPool", "pool1")
            .inputs(["relu1"])
            .ints("kernel_shape", [3, 3])
            .ints("strides", [2, 2])
            .int("ceil_mode", 1),
    );
    net.conv("narrow", "pool1", [16, 16, 1, 1], |node| node);
    net.conv("wide", "pool1", [16, 16, 3, 3], |node| node.ints("pads", [1, 1, 1, 1]));
    net.node(Node::new("Concat", "both").inputs(["narrow", "wide"]).int("axis", 1));
    net.conv("conv2", "both", [16, 32, 3, 3], |node| node.ints("pads", [1, 1, 1, 1]));
    net.node(Node::new("Add", "sum").inputs(["conv2", "pool1"]));
    net.node(Node::new("Relu", "relu2").inputs(["sum"]));
    net.node(Node::new("GlobalAveragePool", "mean").inputs(["relu2"]));
    let model = net.head("mean", 16);
    assert_eq!(agrees(&model, 32, &windows(32)), "relu2");
}

#[test]
fn occlusion_with_dense_layers_above_the_cut() {
    let mut net = Net::new(30);
    net.conv("conv1", "input", [20, 3, 5, 5], |node| node.ints("strides", [2, 2]).ints("pads", [2, 2, 2, 2]));
    net.node(Node::new("Relu", "relu1").inputs(["conv1"]));
    net.node(Node::new("MaxPool", "pool1").inputs(["relu1"]).ints("kernel_shape", [3, 3]).ints("strides", [2, 2]));
    net.node(Node::new("Flatten", "rows").inputs(["pool1"]));
    net.0.weight("fc6.w", &wave(&[90, 980], 0.61, 0.06)).weight("fc6.b", &wave(&[90], 0.3, 0.2));
    net.node(Node::new("Gemm", "fc6").inputs(["rows", "fc6.w", "fc6.b"]).int("transB", 1));
    net.node(Node::new("Relu", "relu6").inputs(["fc6"]));
    net.0.weight("fc7.w", &wave(&[90, 70], 0.43, 0.2));
    net.node(Node::new("Gemm", "fc7").inputs(["relu6", "fc7.w"]));
    net.node(Node::new("Relu", "relu7").inputs(["fc7"]));
    let model = net.head("relu7", 70);
    let windows = windows(30);
    assert_eq!(agrees(&model, 30, &windows), "pool1");

    let probe = |outputs: &[&str], reuse: Reuse, threads: usize| {
        let mut occluder = Occluder::new(&model, outputs, &windows, reuse, threads).unwrap();
        occluder.probe(&image(3, 30, 0.11), &image(3, 30, 0.23), &|_| {}).unwrap().covered
    };
    for outputs in [&["probabilities"][..], &["fc7", "probabilities"], &["fc6", "relu7"]] {
        let [one, three] = [1, 3].map(|threads| probe(outputs, Reuse::On, threads));
        assert_eq!(one, three, "{outputs:?}: the number of threads changes the bits");
        for (found, whole) in one.iter().zip(&probe(outputs, Reuse::Off, 1)) {
            let apart = (found - whole).iter().fold(0.0f32, |most, apart| most.max(apart.abs()));
            assert!(apart < 1e-5, "{outputs:?}: {apart}");
        }
    }
}

#[test]
fn layers_that_read_all_positions_are_not_reused() {
    // As many groups as channels, and a layer that reads all places at once.
    let mut net = Net::new(20);
    net.conv("conv1", "input", [24, 3, 3, 3], |node| node);
    net.conv("conv2", "conv1", [24, 1, 3, 3], |node| node.int("group", 24));
    net.node(Node::new("InstanceNormalization", "even").inputs(["conv2", "one", "zero"]));
    net.0.weight("one", &Array1::<f32>::ones(24));
    net.0.weight("zero", &Array1::<f32>::zeros(24));
    let model = net.head("even", 24 * 256);
    assert_eq!(agrees(&model, 20, &windows(20)), "conv1");

    // A network without convolutions.
    let model = Net::new(20).head("input", 1200);
    assert_eq!(agrees(&model, 20, &windows(20)), "input");
}

#[test]
fn unsuitable_arguments_are_errors() {
    load();
    let model = Net::new(20).head("input", 1200);
    let outside = Rect { top: 15, left: 0, height: 6, width: 1 };
    let error = Occluder::new(&model, &["fc"], &[outside], Reuse::On, 1).unwrap_err();
    assert!(error.to_string().contains("20 x 20"), "{error}");
    let error = Occluder::new(&model, &["nosuch"], &windows(20), Reuse::On, 1).unwrap_err();
    assert!(error.to_string().contains("`nosuch`"), "{error}");
    let mut occluder = Occluder::new(&model, &["fc"], &windows(20), Reuse::On, 1).unwrap();
    let error = occluder.probe(&image(3, 21, 0.1), &image(3, 20, 0.1), &|_| {}).unwrap_err();
    assert!(error.to_string().contains("[3, 20, 20], not [3, 21, 21]"), "{error}");
}

#[test]
fn a_class_that_the_network_does_not_have_is_refused() {
    load();
    let model = Net::new(8).head("input", 3 * 8 * 8);
    let image = image(3, 8, 0.31);
    let mut gradients = ScoreGradients::new(&model, "fc", None, Rectifier::Slope, 1).unwrap();
    let error = gradients.compute(image.view(), 5, 5).unwrap_err();
    assert!(matches!(error, Error::Class { class: 5, classes: 5 }), "{error}");
    assert!(gradients.compute(image.view(), 4, 5).is_ok());

    let mut fader = PixelFader::new(&model, "probabilities", 1).unwrap();
    let (black, map) = (Array3::zeros(image.dim()), ndarray::Array2::zeros((8, 8)));
    let error = fader.curve([&image, &black], map.view(), 5, 4).unwrap_err();
    assert_eq!(error.to_string(), "there is no class 5: the network has 5 classes, numbered from 0");
    assert_eq!(fader.curve([&image, &black], map.view(), 4, 4).unwrap().values.len(), 5);
}
