//! Tests of receptive fields with ONNX Runtime. Changed pixels outside of the field do not change the output. Changed pixels at
//! every edge of the field change it.

use graph::builder::{Builder, Node};
use graph::{Fields, Model};
use ndarray::{Array1, Array4, ArrayD, s};
use runtime::Session;

const HEIGHT: usize = 29;
const WIDTH: usize = 34;

/// Adds weights above 0. With an input above 0, every change of a pixel reaches the output.
fn weight(net: &mut Builder, name: &str, dims: (usize, usize, usize, usize)) {
    let mut at = 0.0f32;
    net.weight(
        name,
        &Array4::from_shape_simple_fn(dims, || {
            at += 1.0;
            0.05 + 0.02 * (at * 0.7).sin().abs()
        }),
    );
}

fn net(make: impl FnOnce(&mut Builder)) -> Model {
    let mut net = Builder::new("fields");
    net.batch_input("input", &[2, HEIGHT, WIDTH]);
    make(&mut net);
    net.finish(&["out"]).unwrap()
}

/// Checks the receptive fields of some positions of `out`: the corners, the middle, and positions near the border.
fn check(model: &Model) {
    runtime::load(&testkit::runtime_library()).unwrap();
    let shape = model.shapes().per_item("out").unwrap();
    let [channels, height, width] = shape[..] else { panic!("{shape:?}") };
    let fields = Fields::new(model).unwrap();
    let mut session = Session::new(model, 1).unwrap();
    let mut run = |input: &Array4<f32>| -> ArrayD<f32> {
        session.run(&[("input", input.view().into_dyn())]).unwrap().remove(0).1
    };
    let base =
        Array4::from_shape_fn((1, 2, HEIGHT, WIDTH), |(_, c, y, x)| 1.0 + ((c + 3 * y + 5 * x) % 7) as f32 * 0.1);
    let before = run(&base);
    for place in
        [(0, 0), (1, 1), (height / 2, width / 2), (height - 1, 0), (height - 1, width - 1), (height / 3, width - 1)]
    {
        let place = (place.0.min(height - 1), place.1.min(width - 1));
        let field = fields.of("out", &[place.0, place.1]).unwrap();
        let [rows, columns] = &field[..] else { panic!("{field:?}") };
        let value =
            |output: &ArrayD<f32>| (0..channels).map(|c| output[[0, c, place.0, place.1]]).collect::<Vec<f32>>();
        let mut outside = base.clone();
        outside.mapv_inplace(|v| v + 100.0);
        let inside = s![.., .., rows.clone(), columns.clone()];
        outside.slice_mut(inside).assign(&base.slice(inside));
        assert_eq!(value(&run(&outside)), value(&before), "{place:?}: pixels outside of {field:?} have no effect");
        let edges = [
            (rows.start..rows.start + 1, columns.clone()),
            (rows.end - 1..rows.end, columns.clone()),
            (rows.clone(), columns.start..columns.start + 1),
            (rows.clone(), columns.end - 1..columns.end),
        ];
        for (rows, columns) in edges {
            let mut changed = base.clone();
            changed.slice_mut(s![.., .., rows.clone(), columns.clone()]).mapv_inplace(|v| v + 100.0);
            assert_ne!(
                value(&run(&changed)),
                value(&before),
                "{place:?}: {rows:?}, {columns:?} of {field:?} has an effect"
            );
        }
    }
}

#[test]
fn fields_of_windows_with_strides_dilations_and_uneven_pads() {
    check(&net(|net| {
        weight(net, "a", (3, 2, 5, 3));
        weight(net, "b", (4, 3, 3, 2));
        let first = Node::new("Conv", "conv").inputs(["input", "a"]).ints("strides", [2, 1]).ints("pads", [3, 0, 1, 2]);
        net.node(first);
        net.node(Node::new("Relu", "relu").inputs(["conv"]));
        let pool = Node::new("MaxPool", "pool").inputs(["relu"]).ints("kernel_shape", [3, 2]).ints("strides", [2, 2]);
        net.node(pool.ints("pads", [1, 0, 1, 1]));
        net.node(Node::new("Conv", "out").inputs(["pool", "b"]).ints("dilations", [2, 3]).ints("pads", [2, 1, 0, 3]));
    }));
}

#[test]
fn fields_of_auto_padded_windows_and_average_pools() {
    for auto in ["SAME_UPPER", "SAME_LOWER", "VALID"] {
        check(&net(|net| {
            weight(net, "a", (2, 2, 4, 4));
            net.node(Node::new("Conv", "conv").inputs(["input", "a"]).ints("strides", [3, 2]).text("auto_pad", auto));
            let pool = Node::new("AveragePool", "out").inputs(["conv"]).ints("kernel_shape", [2, 3]);
            net.node(pool.ints("strides", [2, 2]).int("ceil_mode", 1));
        }));
    }
}

#[test]
fn the_field_of_joined_branches_covers_both_branches() {
    check(&net(|net| {
        weight(net, "near", (2, 2, 1, 1));
        weight(net, "far", (2, 2, 7, 5));
        net.node(Node::new("Conv", "left").inputs(["input", "near"]));
        net.node(Node::new("Conv", "right").inputs(["input", "far"]).ints("pads", [3, 2, 3, 2]));
        net.node(Node::new("Add", "both").inputs(["left", "right"]));
        net.node(Node::new("Concat", "joined").inputs(["left", "both", "right"]).int("axis", 1));
        for name in ["scale", "variance"] {
            net.weight(name, &Array1::<f32>::ones(6));
        }
        for name in ["shift", "mean"] {
            net.weight(name, &Array1::<f32>::zeros(6));
        }
        let norm = Node::new("BatchNormalization", "norm").inputs(["joined", "scale", "shift", "mean", "variance"]);
        net.node(norm);
        net.node(Node::new("LRN", "out").inputs(["norm"]).int("size", 3));
    }));
}

#[test]
fn the_field_of_a_global_average_is_the_whole_image() {
    let model = net(|net| {
        weight(net, "a", (3, 2, 3, 3));
        net.node(Node::new("Conv", "conv").inputs(["input", "a"]));
        net.node(Node::new("GlobalAveragePool", "mean").inputs(["conv"]));
        net.node(Node::new("Mul", "out").inputs(["conv", "mean"]));
        net.node(Node::new("Flatten", "flat").inputs(["mean"]));
    });
    let fields = Fields::new(&model).unwrap();
    assert_eq!(fields.of("mean", &[0, 0]).unwrap(), [0..HEIGHT, 0..WIDTH]);
    assert_eq!(fields.of("out", &[3, 3]).unwrap(), [0..HEIGHT, 0..WIDTH], "the mean contributes to the product");
    assert_eq!(fields.of("conv", &[3, 4]).unwrap(), [3..6, 4..7]);
    assert!(fields.of("conv", &[27, 0]).is_err() && fields.of("conv", &[0]).is_err(), "positions that do not exist");
    assert!(fields.of("cnv", &[0, 0]).unwrap_err().to_string().contains("conv"));
}
