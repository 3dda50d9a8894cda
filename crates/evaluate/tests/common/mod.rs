//! A workspace with the outputs of `preprocess` and `train`: images of one colour, and a network that classifies colours.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::Result;
use contract::config::SeedView;
use contract::{Dataset, ImageRow, Split};
use graph::Model;
use graph::builder::{Builder, Node};
use imaging::{Rgb, RgbImage};
use ndarray::{Array1, Array2};
use pipeline::cli::{Common, run_stage};
use pipeline::{Finished, Run, Scope, Stage, Summary};
use testkit::Workspace;
use zoo::{Channels, Features, InputTransform, Layer, Network, Pooling};

pub const CLASSES: [&str; 3] = ["blue", "green", "red"];
/// The width and height of the images in pixels.
pub const SIDE: u32 = 8;

/// Returns an image of the class `CLASSES[class]`. A higher `shade`, at most 50, gives a greyer image.
pub fn image(class: usize, shade: u8) -> RgbImage {
    let mut colour = [shade * 3; 3];
    colour[2 - class] = 220;
    RgbImage::from_pixel(SIDE, SIDE, Rgb(colour))
}

/// Returns twenty-four images: six for train, six for val and twelve for test. The second test image is blue, but its label is
/// green.
fn images() -> Vec<(ImageRow, RgbImage)> {
    let make = |index: usize| {
        let label = index % 3;
        let shown = if index == 13 { 0 } else { label };
        let id = format!("{index:016x}");
        let row = ImageRow {
            path: format!("images/{id}.png"),
            id,
            label: CLASSES[label].to_owned(),
            split: [Split::Train, Split::Val, Split::Test, Split::Test][index / 6],
            width: SIDE,
            height: SIDE,
            group: index,
            source: format!("photos/{}/{index}.png", CLASSES[label]),
        };
        (row, self::image(shown, index as u8 * 2))
    };
    (0..24).map(make).collect()
}

/// Returns a model that converts the mean of each channel to probabilities of the classes.
pub fn model() -> Model {
    let mut net = Builder::new("colours");
    net.batch_input("input", &[3, SIDE as usize, SIDE as usize]);
    net.node(Node::new("GlobalAveragePool", "pool1").inputs(["input"]));
    net.node(Node::new("Flatten", "flat").inputs(["pool1"]));
    // From red, green, blue to blue, green, red.
    net.weight("fc.weight", &Array2::from_shape_fn((3, 3), |(i, o)| if i + o == 2 { 5.0_f32 } else { 0.0 }));
    net.weight("fc.bias", &Array1::<f32>::zeros(3));
    net.node(Node::new("Gemm", "fc").inputs(["flat", "fc.weight", "fc.bias"]));
    net.node(Node::new("Softmax", "probabilities").inputs(["fc"]).int("axis", 1));
    net.finish(&["probabilities"]).unwrap()
}

pub fn network(model: &[u8]) -> Network {
    let layer = |name: &str, operator: &str, shape: &[usize]| Layer {
        name: name.to_owned(),
        operator: operator.to_owned(),
        shape: shape.to_vec(),
    };
    Network {
        name: "colours".to_owned(),
        input: InputTransform {
            tensor: "input".to_owned(),
            size: SIDE,
            channels: Channels::Rgb,
            scale: 1.0 / 255.0,
            mean: [0.0; 3],
            std: [1.0; 3],
        },
        layers: vec![
            layer("pool1", "GlobalAveragePool", &[3, 1, 1]),
            layer("fc", "Gemm", &[3]),
            layer("probabilities", "Softmax", &[3]),
        ],
        features: Features { layer: "pool1".to_owned(), pool: Pooling::None },
        logits: Some("fc".to_owned()),
        probabilities: Some("probabilities".to_owned()),
        classes: CLASSES.map(str::to_owned).to_vec(),
        origin: "made by a test".to_owned(),
        sha256: zoo::sha256(model),
        parent: None,
    }
}

/// Declares a stand-in for an upstream stage.
macro_rules! stand_in {
    ($name:ident, $stage:literal, $run:expr) => {
        struct $name;

        impl Stage for $name {
            type Root = contract::Config;
            type Config = SeedView;

            const NAME: &'static str = $stage;
            const FORMAT: u32 = 1;
            const UPSTREAM: &'static [&'static str] = &[];

            fn inputs(&self, _: Scope<SeedView>) -> Result<BTreeMap<String, String>> {
                Ok(BTreeMap::new())
            }

            fn run(&self, run: &Run<SeedView>) -> Result<()> {
                ($run)(run)
            }

            fn summary(&self, _: &Finished<SeedView>) -> Result<Summary> {
                Ok(Summary::default())
            }
        }
    };
}

stand_in!(Preprocess, "preprocess", |run: &Run<SeedView>| {
    let images = images();
    for (row, image) in &images {
        run.write(&row.path, &imaging::png(image))?;
    }
    let rows: Vec<ImageRow> = images.into_iter().map(|(row, _)| row).collect();
    Dataset::write(run, &rows, &CLASSES.map(str::to_owned))
});

stand_in!(Train, "train", |run: &Run<SeedView>| {
    let bytes = model().to_bytes();
    run.write(zoo::MODEL, &bytes)?;
    run.write(zoo::TUNED_DESCRIPTION, network(&bytes).to_json().as_bytes())
});

/// Returns a workspace without artifacts.
pub fn bare() -> Workspace {
    let workspace = Workspace::new("");
    let path = |name: &str| workspace.join(name).display().to_string();
    let config = format!("artifacts = {:?}\ndata = {:?}\n", path("artifacts"), path("data"));
    workspace.write("pipeline.toml", config);
    workspace
}

/// Returns a workspace with the artifacts of `preprocess` and `train`.
pub fn prepared() -> Workspace {
    let workspace = bare();
    let common = Common {
        config: workspace.join("pipeline.toml"),
        set: Vec::new(),
        dry_run: false,
        force: false,
        json: false,
        strict: false,
        quiet: true,
    };
    run_stage(&Preprocess, &common);
    run_stage(&Train, &common);
    for file in ["preprocess/dataset.csv", "train/model.json"] {
        assert!(workspace.join("artifacts").join(file).is_file(), "{file} is missing");
    }
    workspace
}

/// Runs the binary in the workspace.
pub fn evaluate(workspace: &Workspace, args: &[&str]) -> Output {
    let mut command: Command = workspace.command(Path::new(env!("CARGO_BIN_EXE_evaluate")));
    command.args(args).env("ORT_DYLIB_PATH", testkit::runtime_library()).output().unwrap()
}

/// Returns the exit code, stdout and stderr of a finished run.
pub fn result(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}
