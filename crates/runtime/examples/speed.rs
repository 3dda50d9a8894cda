//! Measures the speed and the memory of training `AlexNet` (the variant of torchvision, 224 x 224 pixels) from a depth on.
//!
//! ```text
//! cargo run --release -p runtime --example speed -- train c5fc678
//! cargo run --release -p runtime --example speed -- train all --batch 32 --steps 20 --threads 2
//! cargo run --release -p runtime --example speed -- trunk c5fc678 --batch 16 --convolutions runtime,own
//! ```
//! `train` takes training steps on random features. It measures only the layers from the depth on. `trunk` runs the layers below the
//! depth.
//!
//! `--convolutions` selects who computes the convolutions: `runtime` (ONNX Runtime), `own` (our operators) or `fastest` (our
//! operators where an estimate says that they are faster). Several values alternate after each step, so that other load on the
//! machine affects them equally. The default is `runtime,fastest`. The memory is that of all values together.
//!
//! With `ORT_PROFILE=<prefix>`, ONNX Runtime writes the time of each operator to files with that prefix.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use graph::Model;
use graph::builder::{Builder, Node};
use ndarray::{Array, ArrayD, Dimension, IxDyn, ShapeBuilder};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use runtime::training::{Options, artifacts};
use runtime::{Convolutions, Layout, Session, Trainer, with_own_operators};

const CLASSES: usize = 5;
type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// The name of each depth, the tensor at its cut, and the shape of the tensor.
const DEPTHS: [(&str, &str, &[usize]); 7] = [
    ("all", "data", &[3, 224, 224]),
    ("c2fc678", "pool1", &[64, 27, 27]),
    ("c3fc678", "pool2", &[192, 13, 13]),
    ("c4fc678", "relu3", &[384, 13, 13]),
    ("c5fc678", "relu4", &[256, 13, 13]),
    ("fc678", "flat", &[9216]),
    ("fc8", "relu7", &[4096]),
];

/// Returns numbers that are uniformly distributed over `-scale` to `scale`.
fn uniform<D: Dimension>(rng: &mut ChaCha8Rng, shape: impl ShapeBuilder<Dim = D>, scale: f32) -> Array<f32, D> {
    Array::from_shape_simple_fn(shape, || (f64::from(rng.next_u32()) / f64::from(u32::MAX) * 2.0 - 1.0) as f32 * scale)
}

/// A node, its weights, and its name.
type Layer = (Node, Vec<(String, ArrayD<f32>)>, &'static str);

/// Returns the layers of the network, in their order.
fn nodes(rng: &mut ChaCha8Rng) -> Vec<Layer> {
    let mut all = Vec::new();
    let mut top = "data";
    // The names, then [filters, channels, size, stride, padding], then whether pooling follows.
    let convolutions = [
        ("conv1", "relu1", "pool1", [64, 3, 11, 4, 2], true),
        ("conv2", "relu2", "pool2", [192, 64, 5, 1, 2], true),
        ("conv3", "relu3", "", [384, 192, 3, 1, 1], false),
        ("conv4", "relu4", "", [256, 384, 3, 1, 1], false),
        ("conv5", "relu5", "pool5", [256, 256, 3, 1, 1], true),
    ];
    for (conv, relu, pool, [count, maps, size, stride, pad], pooled) in convolutions {
        let weight = uniform(rng, IxDyn(&[count, maps, size, size]), (6.0 / (maps * size * size) as f32).sqrt());
        let names = [format!("{conv}.weight"), format!("{conv}.bias")];
        let node = Node::new("Conv", conv).inputs([top, &names[0], &names[1]]);
        let node = node.ints("kernel_shape", [size as i64; 2]).ints("strides", [stride as i64; 2]);
        let [weight_name, bias_name] = names;
        let weights = vec![(weight_name, weight), (bias_name, ArrayD::zeros(IxDyn(&[count])))];
        all.push((node.ints("pads", [pad as i64; 4]), weights, conv));
        all.push((Node::new("Relu", relu).inputs([conv]), Vec::new(), relu));
        top = relu;
        if pooled {
            let node = Node::new("MaxPool", pool).inputs([relu]);
            all.push((node.ints("kernel_shape", [3; 2]).ints("strides", [2; 2]), Vec::new(), pool));
            top = pool;
        }
    }
    all.push((Node::new("Flatten", "flat").inputs([top]).int("axis", 1), Vec::new(), "flat"));
    top = "flat";
    let dense = [
        ("drop6", "fc6", "relu6", 9216, 4096),
        ("drop7", "fc7", "relu7", 4096, 4096),
        ("drop8", "fc8", "", 4096, CLASSES),
    ];
    for (drop, layer, relu, inputs, outputs) in dense {
        all.push((Node::new("Dropout", drop).inputs([top]), Vec::new(), drop));
        let names = [format!("{layer}.weight"), format!("{layer}.bias")];
        let weight = uniform(rng, IxDyn(&[outputs, inputs]), (3.0 / inputs as f32).sqrt());
        let node = Node::new("Gemm", layer).inputs([drop, &names[0], &names[1]]).int("transB", 1);
        let [weight_name, bias_name] = names;
        let weights = vec![(weight_name, weight), (bias_name, ArrayD::zeros(IxDyn(&[outputs])))];
        all.push((node, weights, layer));
        top = layer;
        if !relu.is_empty() {
            all.push((Node::new("Relu", relu).inputs([layer]), Vec::new(), relu));
            top = relu;
        }
    }
    all
}

/// Returns the part of the network above the tensor `from`, or the part below it.
fn part(from: &str, shape: &[usize], above: bool) -> Outcome<Model> {
    let mut net = Builder::new("alexnet");
    let nodes = nodes(&mut ChaCha8Rng::seed_from_u64(1));
    let cut = nodes.iter().position(|(_, _, name)| *name == from).map_or(0, |at| at + 1);
    if above {
        net.batch_input(from, shape);
    } else {
        net.batch_input("data", &[3, 224, 224]);
    }
    let outputs = if above { "fc8" } else { from };
    let taken = if above { cut..nodes.len() } else { 0..cut };
    for (node, weights, _) in &nodes[taken] {
        for (name, values) in weights {
            net.weight(name, values);
        }
        net.node(node.clone());
    }
    Ok(net.finish(&[outputs])?)
}

/// Returns the peak memory of this process, in MB.
fn peak_memory() -> Outcome<usize> {
    let status = fs_err::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<usize>()? / 1024)
}

/// The settings of a measurement.
struct Measurement {
    batch: usize,
    steps: usize,
    threads: usize,
    convolutions: Vec<Convolutions>,
}

fn train(from: &str, shape: &[usize], measurement: &Measurement) -> Outcome<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let model = part(from, shape, true)?;
    let sized = |shape: &[usize]| IxDyn(&[&[measurement.batch], shape].concat());
    let mut inputs: Vec<ArrayD<f32>> = Vec::new();
    let mut trainers = Vec::new();
    for &convolutions in &measurement.convolutions {
        let made = artifacts(&model, &Options { convolutions, ..Options::default() })?;
        let files = made.files(CLASSES);
        trainers.push(Trainer::new(&files, measurement.threads)?);
        if inputs.is_empty() {
            inputs.extend(made.inputs.iter().map(|input| uniform(&mut rng, sized(&input.shape), 1.0)));
            for mask in &made.masks {
                let drawn = uniform(&mut rng, sized(&mask.shape), 1.0);
                inputs.push(drawn.mapv(|value| if value < 0.0 { 0.0 } else { 2.0 }));
            }
        }
    }
    drop(model);
    let inputs: Vec<_> = inputs.iter().map(|input| input.view()).collect();
    let labels: Vec<i64> = (0..measurement.batch).map(|at| (at % CLASSES) as i64).collect();
    println!("peak memory before the first step {} MB", peak_memory()?);
    let mut losses = vec![0.0; trainers.len()];
    alternate(measurement, |turn| {
        losses[turn] = trainers[turn].step(&inputs, &labels, 1e-4)?;
        Ok(())
    })?;
    for (convolutions, loss) in measurement.convolutions.iter().zip(losses) {
        println!("{convolutions:?}: loss {loss} ({:08x})", loss.to_bits());
    }
    Ok(())
}

fn trunk(from: &str, shape: &[usize], measurement: &Measurement) -> Outcome<()> {
    let model = part(from, shape, false)?;
    let mut sessions = Vec::new();
    for &convolutions in &measurement.convolutions {
        let model = with_own_operators(&model, convolutions)?;
        sessions.push(Session::with_own_operators(&model, measurement.threads, Layout::of(&model))?);
    }
    drop(model);
    let data = uniform(&mut ChaCha8Rng::seed_from_u64(3), IxDyn(&[measurement.batch, 3, 224, 224]), 1.0);
    alternate(measurement, |turn| Ok(sessions[turn].run_with(&[("data", data.view())], |_| ())?))
}

/// Runs one step that is not measured, and then the measured steps. Each step runs with all implementations, one after another.
fn alternate(measurement: &Measurement, mut step: impl FnMut(usize) -> Outcome<()>) -> Outcome<()> {
    // The threads of ONNX Runtime stay active for a while after a step. They would slow down the next implementation.
    const PAUSE: Duration = Duration::from_millis(100);
    let mut seconds = vec![Vec::new(); measurement.convolutions.len()];
    for number in 0..=measurement.steps {
        for (turn, seconds) in seconds.iter_mut().enumerate() {
            let start = Instant::now();
            step(turn)?;
            if number > 0 {
                seconds.push(start.elapsed().as_secs_f64());
            }
            std::thread::sleep(PAUSE);
        }
    }
    for (convolutions, seconds) in measurement.convolutions.iter().zip(&mut seconds) {
        println!("{convolutions:?}:");
        print_times(seconds, measurement.batch)?;
    }
    println!("peak memory {} MB", peak_memory()?);
    Ok(())
}

fn print_times(seconds: &mut [f64], batch: usize) -> Outcome<()> {
    seconds.sort_by(f64::total_cmp);
    let (fastest, median) = (seconds.first().ok_or("no step")?, seconds[seconds.len() / 2]);
    let rate = |seconds: f64| batch as f64 / seconds;
    println!("  median {:.1} ms, {:.1} images/s", median * 1e3, rate(median));
    println!("  fastest {:.1} ms, {:.1} images/s", fastest * 1e3, rate(*fastest));
    Ok(())
}

fn run() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str, default: usize| -> Outcome<usize> {
        let at = arguments.iter().position(|argument| argument == name);
        Ok(at.and_then(|at| arguments.get(at + 1)).map_or(Ok(default), |value| value.parse())?)
    };
    let option = arguments.iter().position(|argument| argument == "--convolutions");
    let names = option.and_then(|at| arguments.get(at + 1)).map_or("runtime,fastest", String::as_str);
    let implementation = |name: &str| match name {
        "runtime" => Ok(Convolutions::Runtime),
        "fastest" => Ok(Convolutions::Fastest),
        "own" => Ok(Convolutions::Own),
        other => Err(format!("--convolutions takes `runtime`, `fastest` or `own`, not `{other}`")),
    };
    let measurement = Measurement {
        batch: number("--batch", 32)?,
        steps: number("--steps", 20)?,
        threads: number("--threads", 2)?,
        convolutions: names.split(',').map(implementation).collect::<Result<_, _>>()?,
    };
    let depth = arguments.get(1).map(String::as_str).unwrap_or_default();
    let known = DEPTHS.iter().find(|(name, ..)| *name == depth);
    let (_, from, shape) =
        known.ok_or("the second argument is a depth: all, c2fc678, c3fc678, c4fc678, c5fc678, fc678 or fc8")?;
    runtime::load(&runtime::locate(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data")))?;
    match arguments[0].as_str() {
        "train" => train(from, shape, &measurement),
        "trunk" => trunk(from, shape, &measurement),
        other => Err(format!("the first argument is `train` or `trunk`, not `{other}`").into()),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
