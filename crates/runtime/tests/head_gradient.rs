//! Compares the gradients of the training graph with finite differences of its loss.
//!
//! Both come from a [`Trainer`], which training uses too. A step with the learning rate 0 returns the loss and changes nothing. A
//! step of `AdamW` with decay rates of 0 moves each weight by `learning_rate * g / (|g| + eps)`. With a learning rate and an
//! `eps` of a million, this is the gradient `g`.

use graph::Model;
use graph::builder::{Builder, Node};
use graph::head::Head;
use ndarray::{Array, Array1, ArrayD, Dimension, ShapeBuilder};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use runtime::Trainer;
use runtime::training::{AdamW, Options, TrainingArtifacts, artifacts};

use crate::common;

const SAMPLES: usize = 20;
const CLASSES: usize = 3;
const LARGE: f32 = 1e6;
/// Step of the finite differences. It is small compared with the curvature of the loss and large compared with its rounding.
const STEP: f64 = 1e-2;

/// Returns numbers that are uniformly distributed over -1 to 1.
fn uniform<D: Dimension>(rng: &mut ChaCha8Rng, shape: impl ShapeBuilder<Dim = D>) -> Array<f32, D> {
    Array::from_shape_simple_fn(shape, || (f64::from(rng.next_u32()) / f64::from(u32::MAX) * 2.0 - 1.0) as f32)
}

/// A trainer with a batch of data and dropout masks.
struct Problem {
    trainer: Trainer,
    made: TrainingArtifacts,
    inputs: Vec<ArrayD<f32>>,
    labels: Vec<i64>,
    rng: ChaCha8Rng,
}

impl Problem {
    fn new(model: &Model, only: Option<Vec<String>>) -> Self {
        common::load();
        let optimizer = AdamW { beta1: 0.0, beta2: 0.0, eps: LARGE, weight_decay: 0.0 };
        let made = artifacts(model, &Options { trained: only, optimizer, ..Options::default() }).unwrap();
        let files = made.files(CLASSES);
        let trainer = Trainer::new(&files, 1).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let batch = |shape: &[usize]| [&[SAMPLES], shape].concat();
        let data = made.inputs.iter().map(|input| uniform(&mut rng, batch(&input.shape)).into_dyn());
        let mut inputs: Vec<_> = data.collect();
        // Half of the values are dropped, and the others are doubled.
        let masks = made.masks.iter().map(|mask| uniform(&mut rng, batch(&mask.shape)));
        inputs.extend(masks.map(|mask| mask.mapv(|value| if value < 0.0 { 0.0 } else { 2.0 }).into_dyn()));
        let labels = (0..SAMPLES).map(|sample| (sample % CLASSES) as i64).collect();
        Self { trainer, made, inputs, labels, rng }
    }

    fn step(&mut self, learning_rate: f32) -> f64 {
        let inputs: Vec<_> = self.inputs.iter().map(|input| input.view()).collect();
        f64::from(self.trainer.step(&inputs, &self.labels, learning_rate).unwrap())
    }

    /// Returns the loss with these weights.
    fn loss(&mut self, weights: &[f32]) -> f64 {
        self.trainer.set_parameters(weights).unwrap();
        self.step(0.0)
    }

    /// Returns the gradient of all weights.
    fn gradient(&mut self) -> Vec<f64> {
        let before = self.trainer.parameters().unwrap();
        self.step(LARGE);
        let after = self.trainer.parameters().unwrap();
        self.trainer.set_parameters(&before).unwrap();
        before.iter().zip(after).map(|(before, after)| f64::from(*before) - f64::from(after)).collect()
    }

    /// Compares the gradient with finite differences of the loss, for each weight along random directions near its gradient.
    fn check(self) {
        self.check_within(1e-3);
    }

    /// Does the same with the tolerance `allowed`, for losses with kinks.
    fn check_within(mut self, allowed: f64) {
        let start = self.trainer.parameters().unwrap();
        let gradient = self.gradient();
        assert_eq!(
            self.loss(&start).to_bits(),
            self.step(0.0).to_bits(),
            "a step with the learning rate 0 changes nothing"
        );
        let mut from = 0;
        for parameter in self.made.parameters.clone() {
            let range = from..from + parameter.shape.iter().product::<usize>();
            from = range.end;
            let own = Array1::from_vec(gradient[range.clone()].to_vec());
            let length = own.dot(&own).sqrt();
            assert!(length > 1e-3, "{}: the gradient is too small for a comparison: {length}", parameter.name);
            for _ in 0..3 {
                let random = uniform(&mut self.rng, own.len()).mapv(f64::from);
                let aside = &random * (0.7 / random.dot(&random).sqrt());
                let direction = &own / length + aside;
                let mut losses = [1.0, -1.0].map(|side| {
                    let mut moved = start.clone();
                    for (weight, along) in moved[range.clone()].iter_mut().zip(&direction) {
                        *weight = (f64::from(*weight) + side * STEP * along) as f32;
                    }
                    self.loss(&moved)
                });
                losses[0] -= losses[1];
                let (measured, computed) = (losses[0] / (2.0 * STEP), own.dot(&direction));
                let error = (measured - computed).abs() / computed.abs();
                assert!(error < allowed, "{}: finite difference {measured}, gradient {computed}", parameter.name);
            }
        }
        assert_eq!(from, start.len());
    }
}

/// Returns a head whose hidden values are not near the kink of `Relu`, where finite differences are wrong.
fn head(hidden: &[usize]) -> Model {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let mut model = Head { features: 10, hidden: hidden.to_vec(), classes: CLASSES }.build(&mut rng).unwrap();
    let names: Vec<String> = model.weights().unwrap().into_iter().map(|(name, _)| name).collect();
    for bias in names.iter().filter(|name| name.contains(".bias") && !name.starts_with("fc8")) {
        let size = model.weight(bias).unwrap().len();
        let values = Array1::from_shape_fn(size, |at| if at % 3 == 0 { -3.0 } else { 3.0 });
        model.set_weight(bias, &values).unwrap();
    }
    model
}

#[test]
fn gradient_of_a_single_dense_layer() {
    Problem::new(&head(&[]), None).check();
}

#[test]
fn gradient_of_a_head_with_two_hidden_layers_and_dropout() {
    Problem::new(&head(&[9, 6]), None).check();
}

#[test]
fn gradient_of_only_the_last_layer() {
    let trained = ["fc8.weight", "fc8.bias"].map(str::to_owned);
    Problem::new(&head(&[9]), Some(trained.to_vec())).check();
}

#[test]
fn gradient_of_every_rule_for_vectors() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut net = Builder::new("vectors");
    net.batch_input("x", &[6]);
    net.weight("w1", &uniform(&mut rng, (6, 8)));
    net.weight("b1", &uniform(&mut rng, 8));
    net.weight("scale", &uniform(&mut rng, (2, 1)));
    net.weight("left", &uniform(&mut rng, (5, 8)));
    net.weight("right", &uniform(&mut rng, (7, 5)));
    net.weight("w2", &uniform(&mut rng, (7, CLASSES)));
    net.weight("b2", &uniform(&mut rng, (1, CLASSES)));
    net.integers("rows", &[-1, 2, 4]);
    net.node(Node::new("MatMul", "product").inputs(["x", "w1"]));
    net.node(Node::new("Add", "biased").inputs(["product", "b1"]));
    net.node(Node::new("Sigmoid", "gate").inputs(["biased"]));
    net.node(Node::new("Tanh", "bent").inputs(["product"]));
    net.node(Node::new("Mul", "gated").inputs(["gate", "bent"]));
    net.node(Node::new("Reshape", "grid").inputs(["gated", "rows"]));
    net.node(Node::new("Mul", "scaled").inputs(["grid", "scale"]));
    net.node(Node::new("Flatten", "flat").inputs(["scaled"]));
    net.node(Node::new("Identity", "same").inputs(["flat"]));
    net.node(Node::new("Sum", "total").inputs(["same", "biased", "flat"]));
    // A weight [8, 7] that is itself a product of two transposed matrices.
    net.node(
        Node::new("Gemm", "joint").inputs(["left", "right"]).int("transA", 1).int("transB", 1).float("alpha", 0.5),
    );
    net.node(Node::new("Gemm", "wide").inputs(["total", "joint"]));
    net.node(Node::new("Gemm", "fc8").inputs(["wide", "w2", "b2"]).float("alpha", 1.5).float("beta", 2.0));
    Problem::new(&net.finish(&["fc8"]).unwrap(), None).check();
}

#[test]
fn gradient_of_every_rule_for_images() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let mut net = Builder::new("images");
    net.batch_input("x", &[2, 9, 9]);
    for (name, shape) in [("conv1", (4, 2, 3, 3)), ("left", (3, 4, 1, 1)), ("right", (2, 2, 3, 3))] {
        net.weight(&format!("{name}.weight"), &uniform(&mut rng, shape));
        net.weight(&format!("{name}.bias"), &uniform(&mut rng, shape.0));
    }
    net.weight("fc8.weight", &uniform(&mut rng, (CLASSES, 5)));
    let conv = |name: &str, input: &str| {
        Node::new("Conv", name).inputs([input.to_owned(), format!("{name}.weight"), format!("{name}.bias")])
    };
    net.node(conv("conv1", "x").ints("pads", [1; 4]));
    let pool = Node::new("MaxPool", "pool1").inputs(["conv1"]);
    net.node(pool.ints("kernel_shape", [3, 3]).ints("pads", [1; 4]).ints("strides", [2, 2]));
    net.node(Node::new("Tanh", "bent").inputs(["pool1"]));
    net.node(conv("left", "bent"));
    net.node(conv("right", "bent").int("group", 2).ints("pads", [1; 4]));
    net.node(Node::new("Concat", "joined").inputs(["left", "right"]).int("axis", 1));
    net.node(Node::new("GlobalAveragePool", "mean").inputs(["joined"]));
    net.node(Node::new("Flatten", "flat").inputs(["mean"]));
    net.node(Node::new("Gemm", "fc8").inputs(["flat", "fc8.weight"]).int("transB", 1));
    Problem::new(&net.finish(&["fc8"]).unwrap(), None).check();
}

#[test]
fn gradient_of_a_network_with_normalization_above_a_frozen_layer() {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let mut net = Builder::new("normalized");
    net.batch_input("x", &[2, 9, 9]);
    for (name, shape) in [("conv1", (4, 2, 3, 3)), ("conv2", (4, 2, 3, 3)), ("conv3", (4, 4, 1, 1))] {
        net.weight(&format!("{name}.weight"), &uniform(&mut rng, shape));
    }
    for part in ["scale", "shift", "mean"] {
        net.weight(&format!("norm.{part}"), &uniform(&mut rng, 4));
    }
    net.weight("norm.variance", &Array1::<f32>::from_elem(4, 2.0));
    net.weight("fc8.weight", &uniform(&mut rng, (4, CLASSES)));
    let conv = |name: &str, input: &str| Node::new("Conv", name).inputs([input.to_owned(), format!("{name}.weight")]);
    net.node(conv("conv1", "x").text("auto_pad", "SAME_LOWER").ints("strides", [2, 2]));
    net.node(Node::new("LRN", "lrn1").inputs(["conv1"]).int("size", 3).float("alpha", 0.5));
    let pool = Node::new("AveragePool", "pool1").inputs(["lrn1"]).ints("kernel_shape", [3, 3]);
    net.node(pool.ints("strides", [2, 2]).ints("pads", [1; 4]).int("ceil_mode", 1));
    net.node(conv("conv2", "pool1").int("group", 2).ints("pads", [1; 4]));
    let norm = Node::new("BatchNormalization", "norm");
    net.node(norm.inputs(["conv2", "norm.scale", "norm.shift", "norm.mean", "norm.variance"]));
    net.node(conv("conv3", "pool1"));
    net.node(Node::new("Add", "sum").inputs(["norm", "conv3"]));
    net.node(Node::new("Tanh", "bent").inputs(["sum"]));
    net.node(Node::new("Dropout", "dropped").inputs(["bent"]));
    net.node(Node::new("ReduceMean", "mean").inputs(["dropped"]).ints("axes", [2, 3]).int("keepdims", 0));
    net.node(Node::new("MatMul", "fc8").inputs(["mean", "fc8.weight"]));
    let model = net.finish(&["fc8"]).unwrap();
    Problem::new(&model, None).check();
    let cut = graph::tuning::split(&model, "conv3").unwrap();
    assert_eq!(
        (cut.tensor.as_str(), cut.trained.as_slice()),
        ("pool1", &["conv3.weight", "fc8.weight"].map(str::to_owned)[..])
    );
    Problem::new(&model.above(&cut.tensor, "fc8").unwrap(), Some(cut.trained)).check();
}

/// Tests the computations that `runtime::training` replaces by others: pooling after an activation, the gradient of an image as a
/// convolution, and a layer with more than a million weights.
#[test]
fn gradient_of_replaced_computations() {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let mut net = Builder::new("rewritten");
    net.batch_input("x", &[2, 12, 11]);
    // The values of the first layer are far from the kink of its activation, on both sides.
    let layers =
        [("conv1", [3, 2, 3, 3], 1.0, 14.0), ("conv2", [4, 3, 3, 2], 0.3, 1.0), ("conv3", [4, 4, 2, 3], 0.3, 1.0)];
    for (name, shape, scale, bias) in layers {
        net.weight(&format!("{name}.weight"), &(uniform(&mut rng, shape) * scale));
        let bias = Array1::from_shape_fn(shape[0], |at| if at % 3 == 0 { -bias } else { bias });
        net.weight(&format!("{name}.bias"), &bias);
    }
    net.weight("fc7.weight", &(uniform(&mut rng, (8192, 128)) * 0.02));
    net.weight("fc7.bias", &uniform(&mut rng, 8192));
    net.weight("fc8.weight", &(uniform(&mut rng, (CLASSES, 8192)) * 0.05));
    let conv = |name: &str, input: &str, kernel: [i64; 2]| {
        let inputs = [input.to_owned(), format!("{name}.weight"), format!("{name}.bias")];
        Node::new("Conv", name).inputs(inputs).ints("kernel_shape", kernel)
    };
    net.node(conv("conv1", "x", [3, 3]).ints("pads", [1; 4]));
    net.node(Node::new("Relu", "relu1").inputs(["conv1"]));
    net.node(Node::new("MaxPool", "pool1").inputs(["relu1"]).ints("kernel_shape", [2, 2]));
    net.node(conv("conv2", "pool1", [3, 2]).ints("pads", [1, 0, 2, 1]));
    net.node(conv("conv3", "conv2", [2, 3]).ints("dilations", [2, 1]).ints("pads", [0, 1, 1, 0]));
    let pool = Node::new("MaxPool", "pool3").inputs(["conv3"]);
    net.node(pool.ints("kernel_shape", [3, 3]).ints("strides", [3, 3]).ints("pads", [1, 1, 0, 0]));
    net.node(Node::new("Flatten", "flat").inputs(["pool3"]));
    net.weight("fc6.weight", &(uniform(&mut rng, (128, 48)) * 0.05));
    net.node(Node::new("Gemm", "fc6").inputs(["flat", "fc6.weight"]).int("transB", 1));
    net.node(Node::new("Gemm", "fc7").inputs(["fc6", "fc7.weight", "fc7.bias"]).int("transB", 1));
    net.node(Node::new("Gemm", "fc8").inputs(["fc7", "fc8.weight"]).int("transB", 1));
    let model = net.finish(&["fc8"]).unwrap();
    let made = artifacts(&model, &Options::default()).unwrap();
    let training = Model::from_own_bytes("training", made.training_model).unwrap();
    let count = |operator: &str| training.nodes().iter().filter(|node| node.op_type() == operator).count();
    assert_eq!((count("Conv"), count("ConvGrad"), count("MatMul"), count("PoolGradient")), (5, 3, 1, 2));
    assert!(training.producer("pool1").is_some_and(|node| node.op_type() == "Relu"));
    // A small step of the weights can change which value of a window is the largest.
    Problem::new(&model, None).check_within(1e-2);
}
