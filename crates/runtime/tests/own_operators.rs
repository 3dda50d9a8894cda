//! Tests of sessions and training with our own convolutions and dense layers.

use graph::Model;
use graph::builder::{Builder, Node};
use graph::onnx::NodeProto;
use graph::onnx::tensor_proto::DataType;
use ndarray::{ArrayD, Axis, IxDyn};
use runtime::training::{Options, artifacts};
use runtime::{Convolutions, Layout, Session, Trainer, with_own_operators};

use crate::common;

/// Returns pseudo-random numbers between -1 and 1.
fn drawn(shape: &[usize], seed: f32) -> ArrayD<f32> {
    let count = shape.iter().product::<usize>();
    let values = (0..count).map(|at| (seed + at as f32 * 1.7).sin() * (at as f32 * 0.31 + seed).cos());
    ArrayD::from_shape_vec(IxDyn(shape), values.collect()).unwrap()
}

fn own(model: &Model) -> Session {
    let model = with_own_operators(model, Convolutions::Own).unwrap();
    assert!(model.nodes().iter().any(|node| node.op_type() == "Convolution"));
    Session::with_own_operators(&model, 2, Layout::Plain).unwrap()
}

fn onnx_runtime(model: &Model) -> Session {
    Session::new(model, 2).unwrap()
}

fn close(a: &ArrayD<f32>, b: &ArrayD<f32>) -> bool {
    a.shape() == b.shape() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5)
}

/// Returns a model of `relu(conv(image))`. The filters are a weight if `stored`, otherwise an input.
fn one_layer(stored: bool) -> Model {
    let mut net = Builder::new("one layer");
    net.batch_input("image", &[4, 9, 7]);
    if stored {
        net.weight("filters", &drawn(&[6, 2, 3, 3], 0.5));
    } else {
        net.input("filters", DataType::Float, &[6.into(), 2.into(), 3.into(), 3.into()]);
    }
    net.weight("biases", &drawn(&[6], 0.7));
    let conv = Node::new("Conv", "conv").inputs(["image", "filters", "biases"]).int("group", 2);
    net.node(conv.ints("pads", [1, 0, 2, 1]));
    net.node(Node::new("Relu", "relu").inputs(["conv"]));
    net.finish(&["relu"]).unwrap()
}

#[test]
fn batches_may_have_different_sizes() {
    common::load();
    let model = one_layer(true);
    let (mut own, mut reference) = (own(&model), onnx_runtime(&model));
    for images in [3, 1, 8, 3] {
        let image = drawn(&[images, 4, 9, 7], images as f32);
        let found = own.run(&[("image", image.view())]).unwrap().remove(0).1;
        let expected = reference.run(&[("image", image.view())]).unwrap().remove(0).1;
        assert!(close(&found, &expected), "{found} instead of {expected}");
        assert!(found.iter().any(|&value| value > 0.0) && found.iter().all(|&value| value >= 0.0));
    }
    let none = own.run(&[("image", drawn(&[0, 4, 9, 7], 0.0).view())]).unwrap().remove(0).1;
    assert_eq!(none.shape(), [0, 6, 10, 6]);
}

#[test]
fn filters_that_are_an_input_may_change() {
    common::load();
    let model = one_layer(false);
    let (mut own, mut reference) = (own(&model), onnx_runtime(&model));
    let image = drawn(&[2, 4, 9, 7], 0.1);
    let mut filters = drawn(&[6, 2, 3, 3], 0.2);
    for _ in 0..3 {
        // The filters have the same address and other values.
        filters.mapv_inplace(|value| 0.5 - value);
        let inputs = [("image", image.view()), ("filters", filters.view())];
        let (found, expected) = (own.run(&inputs).unwrap().remove(0).1, reference.run(&inputs).unwrap().remove(0).1);
        assert!(close(&found, &expected), "{found} instead of {expected}");
    }
}

#[test]
fn nan_propagates() {
    common::load();
    let model = one_layer(true);
    let mut image = drawn(&[1, 4, 9, 7], 0.3);
    image[[0, 1, 4, 4]] = f32::NAN;
    let found = own(&model).run(&[("image", image.view())]).unwrap().remove(0).1;
    let expected = onnx_runtime(&model).run(&[("image", image.view())]).unwrap().remove(0).1;
    assert!(expected.iter().any(|value| value.is_nan()));
    for (found, expected) in found.iter().zip(&expected) {
        assert!(found.is_nan() || !expected.is_nan(), "{found}, but ONNX Runtime computes {expected}");
    }
}

#[test]
fn invalid_convolutions_are_rejected() {
    common::load();
    let attributes = |node: Node| {
        let node = node.domain("tunescope").ints("strides", [1, 1]).ints("dilations", [1, 1]);
        node.int("group", 1)
    };
    let session = |node: Node, image: &[usize]| {
        let mut net = Builder::new("by hand");
        net.import("tunescope", 1).batch_input("image", image).weight("filters", &drawn(&[2, 3, 3, 3], 0.0));
        net.node(node.inputs(["image", "filters"]));
        Session::with_own_operators(&net.finish(&["conv"]).unwrap(), 1, Layout::Plain)
    };
    let whole = attributes(Node::new("Convolution", "conv")).ints("pads", [0; 4]);
    assert!(session(whole.clone(), &[3, 5, 5]).unwrap().run(&[("image", drawn(&[1, 3, 5, 5], 0.0).view())]).is_ok());
    for node in [attributes(Node::new("Convolution", "conv")), whole.clone().ints("strides", [1])] {
        let message = session(node, &[3, 5, 5]).unwrap_err().to_string();
        assert!(message.contains("`pads`") || message.contains("strides"), "{message}");
    }
    for image in [vec![1, 2, 5, 5], vec![1, 3, 2, 5], vec![1, 3, 5]] {
        let mut session = session(whole.clone(), &image[1..]).unwrap();
        let error = session.run(&[("image", drawn(&image, 0.0).view())]).unwrap_err();
        assert!(error.to_string().starts_with("by hand: "), "{error}");
    }
}

/// Returns a model with a convolution, a pooling with partial windows at the end, and a dense layer with over a million weights.
fn pooled_and_dense() -> Model {
    let mut net = Builder::new("pooled");
    net.batch_input("image", &[3, 22, 19]);
    net.weight("conv.weight", &drawn(&[20, 3, 3, 3], 0.5)).weight("conv.bias", &drawn(&[20], 0.7));
    net.weight("fc7.weight", &drawn(&[530, 2200], 0.1)).weight("fc7.bias", &drawn(&[530], 0.2));
    net.weight("fc8.weight", &drawn(&[530, 4], 0.4));
    let conv = Node::new("Conv", "conv").inputs(["image", "conv.weight", "conv.bias"]);
    net.node(conv.ints("pads", [1; 4]));
    net.node(Node::new("Relu", "relu").inputs(["conv"]));
    let pool = Node::new("MaxPool", "pool").inputs(["relu"]).ints("kernel_shape", [3, 3]).ints("strides", [2, 2]);
    net.node(pool.ints("pads", [0, 1, 0, 0]).int("ceil_mode", 1));
    net.node(Node::new("Flatten", "flat").inputs(["pool"]).int("axis", 1));
    net.node(Node::new("Gemm", "fc7").inputs(["flat", "fc7.weight", "fc7.bias"]).int("transB", 1));
    net.node(Node::new("Relu", "relu7").inputs(["fc7"]));
    net.node(Node::new("Gemm", "fc8").inputs(["relu7", "fc8.weight"]));
    net.finish(&["fc8"]).unwrap()
}

#[test]
fn pooling_and_a_large_dense_layer_agree_with_onnx_runtime() {
    common::load();
    let model = pooled_and_dense();
    let running = with_own_operators(&model, Convolutions::Own).unwrap();
    let operators: Vec<&str> = running.nodes().iter().map(NodeProto::op_type).collect();
    assert_eq!(operators, ["Convolution", "Flatten", "Dense", "Gemm"]);
    let (mut own, mut reference) = (own(&model), onnx_runtime(&model));
    for images in [3, 1, 12] {
        let image = drawn(&[images, 3, 22, 19], images as f32);
        let found = own.run(&[("image", image.view())]).unwrap().remove(0).1;
        let expected = reference.run(&[("image", image.view())]).unwrap().remove(0).1;
        assert_eq!(found.shape(), expected.shape());
        let largest = expected.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() < 5e-5 * largest, "{found} instead of {expected}, largest {largest}");
        }
    }
    let none = own.run(&[("image", drawn(&[0, 3, 22, 19], 0.0).view())]).unwrap().remove(0).1;
    assert_eq!(none.shape(), [0, 4]);
}

#[test]
fn invalid_poolings_and_dense_layers_are_rejected() {
    common::load();
    let run = |node: Node, weight: &[usize], image: &[usize]| {
        let mut net = Builder::new("by hand");
        net.import("tunescope", 1).batch_input("image", image).weight("weight", &drawn(weight, 0.0));
        net.node(node.domain("tunescope").inputs(["image", "weight"]));
        let model = net.finish(&["made"]).unwrap();
        let mut session = Session::with_own_operators(&model, 1, Layout::Plain)?;
        session.run(&[("image", drawn(&[&[2], image].concat(), 0.0).view())])
    };
    let conv = || {
        let node = Node::new("Convolution", "made").ints("strides", [1, 1]).ints("dilations", [1, 1]);
        node.int("group", 1).ints("pads", [0; 4]).ints("pool_kernel", [2, 2]).ints("pool_before", [0, 0])
    };
    let pooled = |strides: [i64; 2], windows: [i64; 2]| {
        run(conv().ints("pool_strides", strides).ints("pool_windows", windows), &[2, 3, 3, 3], &[3, 5, 5])
    };
    pooled([1, 1], [2, 2]).unwrap();
    for (strides, windows) in [([0, 1], [2, 2]), ([1, 1], [4, 2]), ([1, -1], [2, 2]), ([i64::MAX, 1], [2, 2])] {
        let error = pooled(strides, windows).unwrap_err();
        assert!(error.to_string().starts_with("by hand"), "{error}");
    }
    let dense = |outputs: i64, weight: &[usize], inputs: usize| {
        run(Node::new("Dense", "made").int("outputs", outputs), weight, &[inputs])
    };
    dense(130, &[2, 6, 128], 6).unwrap();
    for (outputs, weight, inputs) in [
        (130, [1, 6, 128], 6),
        (130, [2, 6, 128], 7),
        (130, [2, 6, 64], 6),
        (-1, [2, 6, 128], 6),
        (300, [2, 6, 128], 6),
    ] {
        let error = dense(outputs, &weight, inputs).unwrap_err();
        assert!(error.to_string().starts_with("by hand"), "{error}");
    }
}

/// Returns a network for images of 8 x 8 pixels. The output of the first convolution has two consumers. The second convolution has
/// groups and is frozen. A dense layer follows.
fn network() -> Model {
    let mut net = Builder::new("convolutions");
    net.batch_input("image", &[3, 8, 8]);
    for (name, shape) in [("conv1", [4, 3, 3, 3]), ("conv2", [6, 2, 3, 3])] {
        net.weight(&format!("{name}.weight"), &drawn(&shape, shape[0] as f32));
        net.weight(&format!("{name}.bias"), &drawn(&shape[..1], 0.3));
    }
    net.weight("fc.weight", &drawn(&[3, 96], 0.9)).weight("fc.bias", &drawn(&[3], 0.8));
    let conv = |name: &str, input: &str| {
        Node::new("Conv", name).inputs([input.to_owned(), format!("{name}.weight"), format!("{name}.bias")])
    };
    net.node(conv("conv1", "image").ints("pads", [1; 4]));
    net.node(Node::new("Relu", "relu1").inputs(["conv1"]));
    net.node(conv("conv2", "relu1").ints("pads", [1; 4]).ints("strides", [2, 2]).int("group", 2));
    net.node(Node::new("Relu", "relu2").inputs(["conv2"]));
    net.node(Node::new("Flatten", "flat").inputs(["relu2"]).int("axis", 1));
    net.node(Node::new("Gemm", "fc8").inputs(["flat", "fc.weight", "fc.bias"]).int("transB", 1));
    net.finish(&["fc8"]).unwrap()
}

/// Trains the steps `from..to`, each with its own batch. Returns the losses.
fn train(trainer: &mut Trainer, from: usize, to: usize) -> Vec<f32> {
    let labels = [0, 1, 2, 0, 1];
    let step = |at: usize| trainer.step(&[drawn(&[5, 3, 8, 8], at as f32).view()], &labels, 0.01).unwrap();
    (from..to).map(step).collect()
}

#[test]
fn training_agrees_with_the_convolutions_of_onnx_runtime() {
    common::load();
    for trained in [None, Some(vec!["conv1.weight".to_owned(), "fc.weight".to_owned()])] {
        let train_with = |convolutions: Convolutions| {
            let options = Options { convolutions, trained: trained.clone(), ..Options::default() };
            let made = artifacts(&network(), &options).unwrap();
            let mut trainer = Trainer::new(&made.files(3), 2).unwrap();
            let losses = train(&mut trainer, 0, 20);
            let batch = drawn(&[2, 3, 8, 8], 0.4);
            (losses, trainer.evaluate(&[batch.view()], &[1, 2]).unwrap().loss)
        };
        let ((expected, expected_eval), (found, found_eval)) =
            (train_with(Convolutions::Runtime), train_with(Convolutions::Own));
        assert!(expected[19] < 0.8 * expected[0], "{expected:?}");
        for (step, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert!((found - expected).abs() < 1e-4, "step {step}: {found} instead of {expected}");
        }
        assert!((expected_eval - found_eval).abs() < 1e-4, "{found_eval} instead of {expected_eval}");
    }
}

#[test]
fn a_resumed_training_gives_the_bits_of_an_uninterrupted_training() {
    common::load();
    let made = artifacts(&network(), &Options { convolutions: Convolutions::Own, ..Options::default() }).unwrap();
    let bits = |losses: &[f32], trainer: &Trainer| -> Vec<u32> {
        losses.iter().chain(&trainer.parameters().unwrap()).map(|value| value.to_bits()).collect()
    };
    for threads in [1, 2] {
        let mut straight = Trainer::new(&made.files(3), threads).unwrap();
        train(&mut straight, 0, 4);
        let state = straight.state().unwrap().into_owned();
        let losses = train(&mut straight, 4, 9);
        let mut resumed = Trainer::resume(&made.files(3), &state, threads).unwrap();
        let again = train(&mut resumed, 4, 9);
        assert_eq!(bits(&again, &resumed), bits(&losses, &straight));
    }
}

#[test]
fn gradients_have_the_same_bits_with_any_number_of_threads() {
    common::load();
    let model = network().cut("relu2").unwrap();
    let of = ["image", "conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias"];
    let backward = with_own_operators(&graph::backward(&model, "relu2", &of).unwrap(), Convolutions::Own).unwrap();
    let (image, counts) = (drawn(&[7, 3, 8, 8], 0.2), drawn(&[7, 6, 4, 4], 0.6));
    let run = |threads: usize| -> Vec<Vec<u32>> {
        let mut session = Session::with_own_operators(&backward, threads, Layout::Plain).unwrap();
        let outputs = session.run(&[("image", image.view()), ("relu2_grad", counts.view())]).unwrap();
        outputs.iter().map(|(_, values)| values.iter().map(|value| value.to_bits()).collect()).collect()
    };
    let one = run(1);
    assert_eq!(one.len(), 1 + of.len());
    assert!(one.iter().all(|values| values.iter().any(|&bits| bits != 0)));
    assert_eq!(run(2), one);
    assert_eq!(run(3), one);
}

#[test]
fn sessions_can_start_at_the_same_time() {
    common::load();
    let model = with_own_operators(&one_layer(true), Convolutions::Own).unwrap();
    let image = drawn(&[2, 4, 9, 7], 0.9);
    let run = || {
        let mut session = Session::with_own_operators(&model, 1, Layout::Plain).unwrap();
        session.run(&[("image", image.view())]).unwrap().remove(0).1
    };
    let results: Vec<ArrayD<f32>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(results.iter().all(|result| *result == results[0]));
    assert_eq!(results[0].len_of(Axis(0)), 2);
}
