//! Workspaces for the tests of `analyze`. They contain drawn images, a tiny untrained network, and fabricated outputs of the
//! earlier stages.
#![allow(dead_code, reason = "each test file uses a part of the module")]

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use contract::config::SeedView;
use contract::tables::drawings;
use contract::{
    Artifact, CalibrationBin, ClassScore, ConfusionMatrix, Dataset, EpochRow, ImageRow, Metrics, Mistake, Prediction,
    Predictions, QuarantineRow, Split, StopReason, TopImage, Trial, TrialResult, TrialSettings,
};
use graph::Model;
use graph::builder::{Builder, Node};
use ndarray::{Array, Array1, ArrayD, IxDyn};
use pipeline::cli::{Common, run_stage};
use pipeline::{Finished, Run, Scope, Stage, Summary};
use testkit::{Workspace, files, images};
use zoo::{Channels, Features, InputTransform, Layer, Network, Pooling};

/// Side of the images, in pixels.
pub const SIDE: u32 = 48;
/// A name of a class that runs as a script if the report does not escape it.
pub const HOSTILE: &str = "<script>alert(1)</script>";
/// A source of an image that runs as a script if the report does not escape it.
pub const HOSTILE_SOURCE: &str = "photos/\"><img onerror=alert(1) src=x>.png";
/// The classes, sorted. The last class has no image in the test split.
pub const CLASSES: [&str; 3] = [HOSTILE, "disc", "stripes"];

/// Protects the locks on folders. A process that another test starts would inherit an open lock and keep the folder locked for a
/// moment after the lock is released.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Starts a command with captured output.
pub fn start(command: &mut Command) -> Child {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Runs a command and returns its output.
pub fn output(command: &mut Command) -> Output {
    start(command).wait_with_output().unwrap()
}

/// Runs `analyze` in a workspace and returns its output.
pub fn analyze(workspace: &Workspace, args: &[&str]) -> Output {
    output(command(workspace).args(args))
}

/// Returns a command that runs `analyze` in a workspace.
pub fn command(workspace: &Workspace) -> Command {
    command_of(workspace, Path::new(env!("CARGO_BIN_EXE_analyze")))
}

/// Returns a command that runs `program`, a copy of `analyze`, in a workspace.
pub fn command_of(workspace: &Workspace, program: &Path) -> Command {
    let mut command = workspace.command(program);
    command.env("ORT_DYLIB_PATH", runtime_library());
    command
}

/// Returns the messages of a run.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Returns the rows of a CSV file, without its header.
pub fn rows(workspace: &Workspace, file: &str) -> Vec<Vec<String>> {
    let text = workspace.text(file);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// Returns a workspace in which `analyze` can run. It has the network of [`network`].
pub fn workspace() -> Workspace {
    workspace_of(network)
}

thread_local! {
    /// Returns the network that the fake `train` of this thread writes.
    static NETWORK: Cell<fn() -> (Model, Network)> = const { Cell::new(network) };
}

/// Returns a workspace in which `analyze` can run. The caller's network takes images of [`SIDE`] pixels and has [`CLASSES`].
pub fn workspace_of(network: fn() -> (Model, Network)) -> Workspace {
    NETWORK.set(network);
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let workspace = Workspace::new("threads = 1\n[analyze.occlusion]\npatch = 12\nstride = 7\n");
    let config =
        workspace.write("fake.toml", format!("artifacts = {:?}\n", workspace.join("artifacts").display().to_string()));
    let common = Common { config, set: vec![], dry_run: false, force: false, json: false, strict: false, quiet: true };
    run_stage(&Preprocess, &common);
    run_stage(&Train, &common);
    run_stage(&Evaluate, &common);
    assert!(workspace.join("artifacts/evaluate/stage.lock.json").exists(), "the fake stages ran");
    workspace
}

/// Returns the path of the ONNX Runtime library.
pub fn runtime_library() -> PathBuf {
    testkit::runtime_library()
}

/// Returns the data set. It has eight images of each class. Three of them are in the test split, except in the last class.
pub fn dataset() -> Vec<ImageRow> {
    let mut all = Vec::new();
    for (class, label) in CLASSES.iter().enumerate() {
        for index in 0..8 {
            let split = match index {
                0..3 if class < 2 => Split::Test,
                0..4 => Split::Val,
                _ => Split::Train,
            };
            let id = format!("{class}{index}00000000000000");
            let source = if class + index == 0 { HOSTILE_SOURCE.to_owned() } else { format!("photos/{index}.png") };
            all.push(ImageRow {
                path: format!("images/{id}.png"),
                id,
                label: (*label).to_owned(),
                split,
                width: SIDE,
                height: SIDE,
                group: all.len(),
                source,
            });
        }
    }
    all
}

/// Returns a network with a convolution, the mean of its feature maps, and three classes.
pub fn network() -> (Model, Network) {
    let wave = |shape: &[usize], pitch: f32| -> ArrayD<f32> {
        let count: usize = shape.iter().product();
        Array::from_shape_fn(count, |i| (i as f32 * pitch).sin()).into_shape_with_order(IxDyn(shape)).unwrap()
    };
    let side = SIDE as usize;
    let mut net = Builder::new("tiny");
    net.batch_input("input", &[3, side, side]);
    net.weight("conv1.weight", &wave(&[4, 3, 5, 5], 0.7));
    net.weight("conv1.bias", &Array1::<f32>::zeros(4));
    net.weight("fc8.weight", &(wave(&[3, 4], 1.3) * 2.0));
    net.weight("fc8.bias", &Array1::from_vec(vec![0.1f32, 0.0, -0.1]));
    net.node(Node::new("Conv", "conv1").inputs(["input", "conv1.weight", "conv1.bias"]).ints("strides", [2, 2]));
    net.node(Node::new("Relu", "relu1").inputs(["conv1"]));
    net.node(Node::new("GlobalAveragePool", "mean").inputs(["relu1"]));
    net.node(Node::new("Flatten", "flatten").inputs(["mean"]));
    net.node(Node::new("Gemm", "fc8").inputs(["flatten", "fc8.weight", "fc8.bias"]).int("transB", 1));
    net.node(Node::new("Softmax", "probabilities").inputs(["fc8"]).int("axis", 1));
    let model = net.finish(&["probabilities"]).unwrap();
    let layer = |name: &str, operator: &str, shape: &[usize]| Layer {
        name: name.into(),
        operator: operator.into(),
        shape: shape.to_vec(),
    };
    let network = Network {
        name: "tiny".into(),
        input: InputTransform {
            tensor: "input".into(),
            size: SIDE,
            channels: Channels::Rgb,
            scale: 1.0 / 255.0,
            mean: [0.5; 3],
            std: [0.25; 3],
        },
        layers: vec![
            layer("conv1", "Conv", &[4, 22, 22]),
            layer("relu1", "Relu", &[4, 22, 22]),
            layer("fc8", "Gemm", &[3]),
            layer("probabilities", "Softmax", &[3]),
        ],
        features: Features { layer: "relu1".into(), pool: Pooling::Average },
        logits: Some("fc8".into()),
        probabilities: Some("probabilities".into()),
        classes: CLASSES.map(String::from).to_vec(),
        origin: "a test".into(),
        sha256: zoo::sha256(&model.to_bytes()),
        parent: None,
    };
    (model, network)
}

/// Returns the predictions. The third image of each class is predicted as the other class.
fn predictions() -> Predictions {
    let test = dataset().into_iter().filter(|image| image.split == Split::Test).enumerate();
    let rows = test.map(|(at, image)| {
        let (class, index) = (at / 3, at % 3);
        let of_label: f64 = [0.9, 0.6, 0.2][index];
        let mut probabilities = vec![0.05; 3];
        probabilities[class] = of_label;
        probabilities[1 - class] = 0.95 - of_label;
        let correct = index < 2;
        Prediction {
            id: image.id,
            path: image.path,
            source: image.source,
            split: image.split,
            predicted: if correct { image.label.clone() } else { CLASSES[1 - class].to_owned() },
            label: image.label,
            correct,
            confidence: of_label.max(0.95 - of_label),
            probabilities,
        }
    });
    Predictions { classes: CLASSES.map(String::from).to_vec(), rows: rows.collect() }
}

/// Returns the two trials of the sweep. The second trial diverged.
fn trials() -> Vec<Trial> {
    let settings = |hidden: &[usize], dropout, learning_rate| TrialSettings {
        tune: "head".into(),
        hidden: hidden.to_vec(),
        dropout,
        weight_decay: 0.01,
        learning_rate,
        ..TrialSettings::default()
    };
    let good = TrialResult {
        epochs: 2,
        kept_epoch: Some(2),
        val_loss: Some(0.4),
        val_accuracy: Some(0.9),
        status: Some(StopReason::MaxEpochs),
        rung: 1,
        chosen: true,
    };
    let bad = TrialResult {
        epochs: 1,
        kept_epoch: None,
        val_loss: None,
        val_accuracy: None,
        status: Some(StopReason::Diverged),
        rung: 1,
        chosen: false,
    };
    vec![
        Trial { trial: 1, settings: settings(&[256], 0.5, 0.001), result: good },
        Trial { trial: 2, settings: settings(&[], 0.0, 0.1), result: bad },
    ]
}

/// Returns the training history of [`trials`].
fn history() -> Vec<EpochRow> {
    let row = |trial, epoch, learning_rate, train_loss, val_loss, val_accuracy| EpochRow {
        trial,
        epoch,
        learning_rate,
        train_loss,
        val_loss,
        val_accuracy,
    };
    vec![row(1, 1, 0.001, 1.0, 0.9, 0.5), row(1, 2, 0.001, 0.5, 0.4, 0.9), row(2, 1, 0.1, f32::NAN, f32::NAN, 0.3)]
}

fn metrics() -> Metrics {
    Metrics {
        split: Split::Test,
        images: 6,
        accuracy: 0.667,
        accuracy_interval: [0.3, 1.0],
        top5: 1.0,
        macro_f1: 0.66,
        ece: 0.1,
        log_loss: 0.5,
        brier: 0.2,
        splits: Vec::new(),
        classes: CLASSES.map(String::from).to_vec(),
    }
}

/// Returns one top image for each class, always the first image of the data set.
fn top_images() -> Vec<TopImage> {
    let row = |class: &str| TopImage {
        class: class.to_owned(),
        rank: 1,
        id: "0000000000000000".into(),
        path: Dataset::image_file("0000000000000000"),
        source: HOSTILE_SOURCE.into(),
        label: HOSTILE.into(),
        probability: 0.9,
    };
    CLASSES.map(row).to_vec()
}

/// Defines a fake stage whose outputs `$write` writes.
macro_rules! fake_stage {
    ($stage:ident, $name:literal, $upstream:expr, $write:expr) => {
        struct $stage;

        impl Stage for $stage {
            type Root = contract::Config;
            type Config = SeedView;

            const NAME: &'static str = $name;
            const FORMAT: u32 = 1;
            const UPSTREAM: &'static [&'static str] = $upstream;

            fn inputs(&self, _: Scope<SeedView>) -> Result<BTreeMap<String, String>> {
                Ok(BTreeMap::new())
            }

            fn run(&self, run: &Run<SeedView>) -> Result<()> {
                let write: fn(&Run<SeedView>) -> Result<()> = $write;
                write(run)
            }

            fn summary(&self, _: &Finished<SeedView>) -> Result<Summary> {
                Ok(Summary::default())
            }
        }
    };
}

fake_stage!(Preprocess, "preprocess", &[], |run| {
    for (at, image) in dataset().iter().enumerate() {
        let shape = images::CLASSES[at / 8];
        run.write(&image.path, &files::png(&images::draw(shape, at as u32, SIDE)))?;
    }
    vec![QuarantineRow { path: "photos/x.jpg".into(), reason: "cut short".into(), class: String::new() }].write(run)?;
    Dataset::write(run, &dataset(), &CLASSES.map(String::from))
});

fake_stage!(Train, "train", &["preprocess"], |run| {
    let (model, network) = NETWORK.get()();
    run.write("model.onnx", &model.to_bytes())?;
    run.write("model.json", network.to_json().as_bytes())?;
    for drawing in [drawings::CURVES, drawings::SWEEP] {
        run.write(drawing, b"<svg/>")?;
    }
    trials().write(run)?;
    history().write(run)
});

fake_stage!(Evaluate, "evaluate", &["preprocess", "train"], |run| {
    predictions().write(run)?;
    metrics().write(run)?;
    let score = |class: &str| ClassScore { class: class.to_owned(), precision: 0.6, recall: 0.7, f1: 0.65, support: 3 };
    CLASSES.map(score).to_vec().write(run)?;
    let bin = |low, images, confidence, accuracy| CalibrationBin { low, high: low + 0.5, images, confidence, accuracy };
    vec![bin(0.0, 0, None, None), bin(0.5, 6, Some(0.7), Some(0.667))].write(run)?;
    ConfusionMatrix { classes: CLASSES.map(String::from).to_vec(), counts: vec![vec![0; 3]; 3] }.write(run)?;
    Vec::<Mistake>::new().write(run)?;
    top_images().write(run)
});
