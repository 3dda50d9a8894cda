//! Tests of the optimizer: its steps agree with the formula, and repeated runs give the same bits.

use graph::Model;
use graph::builder::{Builder, Node};
use ndarray::{Array, ArrayD, Axis, IxDyn, Slice};
use runtime::Trainer;
use runtime::training::{AdamW, Options, artifacts};

use crate::common;

const SAMPLES: usize = 6;
const CLASSES: usize = 3;

/// Returns pseudo-random numbers between -1 and 1.
fn drawn(shape: &[usize], seed: usize) -> ArrayD<f32> {
    let mut state = seed as u32 + 1;
    Array::from_shape_simple_fn(IxDyn(shape), || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (f64::from(state >> 8) / f64::from(1 << 23) - 1.0) as f32
    })
}

fn trainer(model: &Model, optimizer: AdamW, threads: usize) -> Trainer {
    trainer_of(model, &Options { optimizer, ..Options::default() }, threads)
}

fn trainer_of(model: &Model, options: &Options, threads: usize) -> Trainer {
    common::load();
    let made = artifacts(model, options).unwrap();
    let files = made.files(CLASSES);
    Trainer::new(&files, threads).unwrap()
}

fn labels() -> Vec<i64> {
    (0..SAMPLES).map(|sample| (sample % CLASSES) as i64).collect()
}

#[test]
fn steps_follow_the_formula() {
    let mut net = Builder::new("dense");
    net.batch_input("x", &[5]);
    net.weight("weight", &drawn(&[CLASSES, 5], 1)).weight("bias", &drawn(&[CLASSES], 2));
    net.node(Node::new("Gemm", "fc8").inputs(["x", "weight", "bias"]).int("transB", 1));
    let model = net.finish(&["fc8"]).unwrap();
    let settings = AdamW { beta1: 0.9, beta2: 0.99, eps: 1e-4, weight_decay: 0.3 };
    let mut trained = trainer(&model, settings, 1);
    // With decay rates of 0 and a large `eps`, a step moves a weight by `rate * gradient / large`.
    let large = 1e6;
    let mut probe = trainer(&model, AdamW { beta1: 0.0, beta2: 0.0, eps: large, weight_decay: 0.0 }, 1);
    let x = drawn(&[SAMPLES, 5], 3);
    let mut weights: Vec<f64> = trained.parameters().unwrap().into_iter().map(f64::from).collect();
    let (mut first, mut second) = (vec![0.0; weights.len()], vec![0.0; weights.len()]);
    for (step, rate) in (1..).zip([0.1_f32, 0.02, 0.05, 0.1]) {
        let before: Vec<f32> = weights.iter().map(|&weight| weight as f32).collect();
        probe.set_parameters(&before).unwrap();
        probe.step(&[x.view()], &labels(), large).unwrap();
        let after = probe.parameters().unwrap();
        let [beta1, beta2, eps, decay] = [0.9, 0.99, 1e-4, 0.3];
        let rate64 = f64::from(rate);
        for (at, weight) in weights.iter_mut().enumerate() {
            let gradient = f64::from(before[at]) - f64::from(after[at]);
            first[at] = beta1 * first[at] + (1.0 - beta1) * gradient;
            second[at] = beta2 * second[at] + (1.0 - beta2) * gradient * gradient;
            let (mean, square) = (first[at] / (1.0 - beta1.powi(step)), second[at] / (1.0 - beta2.powi(step)));
            *weight -= rate64 * decay * *weight;
            *weight -= rate64 * mean / (square.sqrt() + eps);
        }
        trained.step(&[x.view()], &labels(), rate).unwrap();
        for (at, (&expected, found)) in weights.iter().zip(trained.parameters().unwrap()).enumerate() {
            assert!((expected - f64::from(found)).abs() < 2e-5, "step {step}, weight {at}: {found}, not {expected}");
        }
    }
}

#[test]
fn a_weight_with_a_learning_rate_factor_moves_by_that_factor() {
    let mut net = Builder::new("dense");
    net.batch_input("x", &[64]);
    // One layer is so large that a single operator computes its gradient and updates it.
    net.weight("fc7.weight", &(drawn(&[16_400, 64], 1) * 0.1)).weight("fc7.bias", &drawn(&[16_400], 2));
    net.weight("fc8.weight", &(drawn(&[CLASSES, 16_400], 3) * 0.01));
    net.node(Node::new("Gemm", "fc7").inputs(["x", "fc7.weight", "fc7.bias"]).int("transB", 1));
    net.node(Node::new("Relu", "relu7").inputs(["fc7"]));
    net.node(Node::new("Gemm", "fc8").inputs(["relu7", "fc8.weight"]).int("transB", 1));
    let model = net.finish(&["fc8"]).unwrap();
    let x = drawn(&[SAMPLES, 64], 4);
    // Returns all weights after one step with the learning rate `rate` and these factors.
    let step = |rate: f32, shares: &[(&str, f32)]| {
        let rates = shares.iter().map(|(name, share)| ((*name).to_owned(), *share)).collect();
        let mut trainer = trainer_of(&model, &Options { rates, ..Options::default() }, 1);
        let before = trainer.parameters().unwrap();
        trainer.step(&[x.view()], &labels(), rate).unwrap();
        (before, trainer.parameters().unwrap())
    };
    let (before, whole) = step(0.01, &[]);
    assert!(before.iter().zip(&whole).all(|(before, after)| before.to_bits() != after.to_bits()));
    assert!(step(0.01, &[("fc8.weight", 1.0), ("fc7.bias", 1.0)]).1 == whole);
    // Products with powers of two are exact, so a factor has the same bits as another learning rate.
    let (_, quarter) = step(0.01 / 4.0, &[]);
    let ends = [16_400 * 64, 16_400 * 65, 16_400 * 65 + 3 * 16_400];
    let (_, found) = step(0.01, &[("fc7.weight", 0.25), ("fc7.bias", 0.25)]);
    assert!(found[..ends[1]] == quarter[..ends[1]] && found[ends[1]..ends[2]] == whole[ends[1]..ends[2]]);
    let (_, found) = step(0.01, &[("fc7.bias", 0.0), ("fc8.weight", 0.25)]);
    assert!(found[..ends[0]] == whole[..ends[0]], "the factor does not change other weights");
    assert!(found[ends[0]..ends[1]] == before[ends[0]..ends[1]], "a weight with the factor 0 does not move");
    assert!(found[ends[1]..ends[2]] == quarter[ends[1]..ends[2]]);
}

/// Compares a large layer, whose gradient and update are one operator, with two smaller layers, whose gradients ONNX Runtime
/// computes. The size is not a multiple of the register width, the gradient of the input is also needed, and half of the
/// gradient of the output is 0.
#[test]
fn a_large_layer_is_trained_like_its_two_halves() {
    const OUTPUTS: usize = 7301;
    const INPUTS: usize = 147;
    let [below, weight, bias] =
        [drawn(&[INPUTS, 24], 1) * 0.2, drawn(&[OUTPUTS, INPUTS], 2) * 0.1, drawn(&[OUTPUTS], 3)];
    let last = drawn(&[CLASSES, OUTPUTS], 4) * 0.02;
    let x = drawn(&[SAMPLES, 24], 5);
    let weights_after = |cuts: &[usize]| {
        let mut net = Builder::new("dense");
        net.batch_input("x", &[24]).weight("fc6.weight", &below);
        net.node(Node::new("Gemm", "fc6").inputs(["x", "fc6.weight"]).int("transB", 1));
        net.node(Node::new("Relu", "relu6").inputs(["fc6"]));
        let parts: Vec<String> = (0..cuts.len() - 1).map(|part| format!("part{part}")).collect();
        for (name, cut) in parts.iter().zip(cuts.windows(2)) {
            let part = Slice::from(cut[0]..cut[1]);
            net.weight(&format!("{name}.weight"), &weight.slice_axis(Axis(0), part).to_owned());
            net.weight(&format!("{name}.bias"), &bias.slice_axis(Axis(0), part).to_owned());
            let inputs = ["relu6".to_owned(), format!("{name}.weight"), format!("{name}.bias")];
            net.node(Node::new("Gemm", name).inputs(inputs).int("transB", 1));
        }
        net.node(Node::new("Concat", "fc7").inputs(parts.clone()).int("axis", 1));
        net.node(Node::new("Relu", "relu7").inputs(["fc7"]));
        net.weight("fc8.weight", &last);
        net.node(Node::new("Gemm", "fc8").inputs(["relu7", "fc8.weight"]).int("transB", 1));
        // With such a large `eps`, the step is proportional to the gradient and not only to its sign.
        let optimizer = AdamW { eps: 1.0, weight_decay: 0.0, ..AdamW::default() };
        let mut trainer = trainer(&net.finish(&["fc8"]).unwrap(), optimizer, 2);
        for _ in 0..4 {
            trainer.step(&[x.view()], &labels(), 0.1).unwrap();
        }
        let all = trainer.parameters().unwrap();
        // The weights of both halves come before the biases of both halves, as in the whole layer.
        let mut at = below.len();
        let mut found = [all[..at].to_vec(), Vec::new(), Vec::new(), all[all.len() - last.len()..].to_vec()];
        for cut in cuts.windows(2) {
            for (of, size) in [(1, INPUTS), (2, 1)] {
                let count = (cut[1] - cut[0]) * size;
                found[of].extend(&all[at..at + count]);
                at += count;
            }
        }
        found.concat()
    };
    let (whole, halves) = (weights_after(&[0, OUTPUTS]), weights_after(&[0, 4001, OUTPUTS]));
    assert_eq!(whole.len(), halves.len());
    let before: Vec<f32> = [&below, &weight, &bias, &last].into_iter().flatten().copied().collect();
    let farthest = whole.iter().zip(&before).map(|(after, before)| (after - before).abs()).fold(0.0, f32::max);
    for (at, (whole, half)) in whole.iter().zip(&halves).enumerate() {
        assert!((whole - half).abs() < 1e-4 * farthest, "weight {at}: {whole}, {half}, farthest move {farthest}");
    }
}

#[test]
fn training_every_kind_of_layer_gives_the_same_bits_again() {
    let mut net = Builder::new("network");
    net.batch_input("x", &[3, 18, 18]);
    for (name, shape) in [("conv1", [8, 3, 3, 3]), ("conv2", [16, 8, 3, 3])] {
        net.weight(&format!("{name}.weight"), &(drawn(&shape, shape[0]) * 0.3));
        net.weight(&format!("{name}.bias"), &drawn(&shape[..1], 9));
    }
    let conv = |name: &str, input: &str| {
        let inputs = [input.to_owned(), format!("{name}.weight"), format!("{name}.bias")];
        Node::new("Conv", name).inputs(inputs).ints("kernel_shape", [3, 3]).ints("pads", [1; 4])
    };
    let pool = |name: &str, input: &str| {
        Node::new("MaxPool", name).inputs([input]).ints("kernel_shape", [3, 3]).ints("strides", [2, 2])
    };
    net.node(conv("conv1", "x"));
    net.node(Node::new("Relu", "relu1").inputs(["conv1"]));
    net.node(pool("pool1", "relu1"));
    net.node(conv("conv2", "pool1"));
    net.node(Node::new("Relu", "relu2").inputs(["conv2"]));
    net.node(pool("pool2", "relu2"));
    net.node(Node::new("Flatten", "flat").inputs(["pool2"]));
    // The network has more than a million weights in parameters of different sizes.
    net.weight("fc7.weight", &(drawn(&[7301, 144], 4) * 0.05)).weight("fc7.bias", &drawn(&[7301], 5));
    net.weight("fc8.weight", &(drawn(&[CLASSES, 7301], 6) * 0.01));
    net.node(Node::new("Gemm", "fc7").inputs(["flat", "fc7.weight", "fc7.bias"]).int("transB", 1));
    net.node(Node::new("Relu", "relu7").inputs(["fc7"]));
    net.node(Node::new("Gemm", "fc8").inputs(["relu7", "fc8.weight"]).int("transB", 1));
    let model = net.finish(&["fc8"]).unwrap();
    let x = drawn(&[SAMPLES, 3, 18, 18], 7);
    let run = |threads: usize| {
        let mut trainer = trainer(&model, AdamW::default(), threads);
        let losses: Vec<f32> = (0..5).map(|_| trainer.step(&[x.view()], &labels(), 1e-5).unwrap()).collect();
        assert!(losses[4] < losses[0], "{losses:?}");
        losses.into_iter().chain(trainer.parameters().unwrap()).map(f32::to_bits).collect::<Vec<u32>>()
    };
    for threads in [1, 2, 3] {
        assert!(run(threads) == run(threads), "{threads} threads");
    }
}
