//! Tests of the analyses of layers, weights and activations, and of the choice of images.

use std::path::Path;
use std::time::{Duration, Instant};

use graph::Model;
use graph::builder::{Builder, Node};
use ndarray::{Array1, Array2, Axis};
use runtime::Session;
use serde_json::Value;
use testkit::{files, images};
use zoo::{Features, Layer, Network, Pooling};

use crate::support;
use crate::support::{HOSTILE, SIDE, analyze, rows, stderr};

fn number(cell: &str) -> f64 {
    cell.parse().unwrap_or_else(|_| panic!("{cell} is no number"))
}

#[test]
fn layers_are_listed_with_their_parameters_and_cost() {
    let workspace = support::workspace();
    let text = |args: &[&str]| String::from_utf8(analyze(&workspace, args).stdout).unwrap();
    let table = text(&["layers"]);
    assert!(table.contains("4 x 22 x 22") && table.contains("145,200"), "4 x 22 x 22 x 3 x 5 x 5:\n{table}");
    let whole: Value = serde_json::from_str(&text(&["layers", "--json"])).unwrap();
    assert_eq!(whole["parameters"], 4 * 3 * 25 + 4 + 3 * 4 + 3);
    assert_eq!(whole["multiply_adds"], 145_200 + 12);

    let reference: Value = serde_json::from_str(include_str!("../../graph/tests/it/reference/costs.json")).unwrap();
    let data = format!("data={:?}", testkit::workspace_root().join("data").display().to_string());
    for network in ["alexnet", "squeezenet"] {
        let found: Value =
            serde_json::from_str(&text(&["layers", "--network", network, "--json", "--set", &data])).unwrap();
        let layers = found["layers"].as_array().unwrap();
        let mut compared = 0;
        for layer in layers.iter().filter(|layer| layer["parameters"] != 0) {
            let expected = &reference[network]["layers"][layer["name"].as_str().unwrap()];
            assert_eq!(layer["parameters"], expected["parameters"], "{layer}");
            assert_eq!(layer["multiply_adds"], expected["multiply_adds"], "{layer}");
            compared += 1;
        }
        // The installed AlexNet has only its five convolutions.
        assert_eq!(compared, if network == "alexnet" { 5 } else { 26 });
    }
    let unknown = analyze(&workspace, &["layers", "--network", "alexnt"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(stderr(&unknown).contains("`alexnt` is not installed") && stderr(&unknown).contains("hint: "));
}

#[test]
fn the_survey_agrees_with_separate_runs_for_each_image() {
    let workspace = support::workspace();
    let output =
        analyze(&workspace, &["--set", "analyze.layers=[\"relu1\", \"fc8\"]", "--set", "analyze.activations.top=3"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let (model, network) = support::network();
    runtime::load(&support::runtime_library()).unwrap();
    let part = model.cut("relu1").unwrap();
    let mut session = Session::new(&part, 1).unwrap();
    // The largest value of channel 2 for each image with its position, and all values.
    let (mut peaks, mut values) = (Vec::new(), Vec::new());
    for image in support::dataset() {
        let bytes = std::fs::read(workspace.join("artifacts/preprocess").join(&image.path)).unwrap();
        let input = network.input.batch([&imaging::decode(&bytes, &imaging::Limits::default()).unwrap()]);
        let (_, output) = session.run(&[("input", input.view().into_dyn())]).unwrap().remove(0);
        let map = output.index_axis(Axis(0), 0).index_axis(Axis(0), 2).to_owned();
        let best = map.indexed_iter().fold(None, |best: Option<((usize, usize), f32)>, (at, value)| {
            if best.is_none_or(|(_, most)| *value > most) { Some(((at[0], at[1]), *value)) } else { best }
        });
        peaks.push((image.id.clone(), best.unwrap()));
        values.extend(map.iter().map(|value| f64::from(*value)));
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt();
    let zero = values.iter().filter(|v| **v == 0.0).count() as f64 / values.len() as f64;
    let statistics = rows(&workspace, "artifacts/analyze/activations/statistics.csv");
    assert_eq!(statistics.len(), 4 + 3, "every channel of both layers");
    let own = statistics.iter().find(|row| row[0] == "relu1" && row[1] == "2").unwrap();
    for (found, expected) in
        own[2..].iter().zip([mean, deviation, peaks.iter().map(|p| p.1.1).fold(0.0, f32::max).into(), zero])
    {
        assert!((number(found) - expected).abs() < 1e-5 * expected.abs().max(1.0), "{found} {expected}");
    }

    peaks.sort_by(|a, b| b.1.1.total_cmp(&a.1.1));
    let top = rows(&workspace, "artifacts/analyze/activations/top.csv");
    let own: Vec<_> = top.iter().filter(|row| row[0] == "relu1" && row[1] == "2").collect();
    assert_eq!(own.len(), 3);
    for (rank, (row, (id, ((y, x), value)))) in own.iter().zip(&peaks).enumerate() {
        assert_eq!(row[2], (rank + 1).to_string());
        assert!((number(&row[4]) - f64::from(*value)).abs() < 1e-5, "{row:?} {value}");
        if peaks[rank.saturating_sub(1)].1.1 > *value && *value > peaks[rank + 1].1.1 {
            assert_eq!(row[3], *id);
            assert_eq!(
                row[5..],
                [x * 2, y * 2, x * 2 + 5, y * 2 + 5].map(|v| v.to_string()),
                "a field of 5 x 5 pixels with a stride of 2"
            );
        }
    }
    let whole = top.iter().find(|row| row[0] == "fc8").unwrap();
    assert_eq!(whole[5..], ["0", "0", "48", "48"], "the field of a dense layer is the whole image");
    for layer in ["relu1", "fc8"] {
        assert!(workspace.join(format!("artifacts/analyze/activations/top/{layer}.png")).is_file());
    }
}

#[test]
fn the_stage_activations_has_its_own_folder_and_cache_key() {
    let workspace = support::workspace();
    workspace.write("mine.png", files::png(&images::draw("disc", 77, 60)));
    let args = ["activations", "--layer", "relu1", "--channel", "3", "0", "--image", "mine.png"];
    let output = analyze(&workspace, &args);
    assert!(output.status.success(), "{}", stderr(&output));
    let folder = workspace.join("artifacts/activations");
    let chosen = rows(&workspace, "artifacts/activations/pictures.csv");
    assert_eq!((chosen.len(), &*chosen[0][3]), (1, "mine.png"));
    assert!(folder.join(&chosen[0][0]).join("relu1.npy").is_file() && folder.join("top/relu1.png").is_file());
    assert!(stderr(&analyze(&workspace, &args)).contains("up to date"));
    workspace.write("mine.png", files::png(&images::draw("disc", 78, 60)));
    assert!(
        stderr(&analyze(&workspace, &args)).contains("image mine.png"),
        "the stage runs again for other contents of the file"
    );

    for (args, code, words) in [
        (["activations", "--layer", "relu1", "--channel", "4"].as_slice(), 2, "its channels are 0 to 3"),
        (&["activations", "--layer", "relu"], 1, "relu1"),
        (&["activations"], 2, "--layer"),
    ] {
        let output = analyze(&workspace, args);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(words), "{args:?}: {}", stderr(&output));
    }
}

#[test]
fn unusable_files_cause_warnings_and_the_other_files_are_analyzed() {
    let workspace = support::workspace();
    workspace.write("good.png", files::png(&images::draw("stripes", 5, 90)));
    workspace.write("cut.png", &files::png(&images::draw("disc", 5, 90))[..200]);
    workspace.write("text.jpg", "this is no image");
    let known = "artifacts/preprocess/images/0100000000000000.png";
    let args = ["--image", "good.png", "cut.png", "text.jpg", "nowhere.png", known];
    let output = analyze(&workspace, &args);
    assert!(output.status.success(), "{}", stderr(&output));
    for name in ["cut.png", "text.jpg", "nowhere.png"] {
        assert!(
            stderr(&output).lines().any(|line| line.contains("warning") && line.contains(name)),
            "{}",
            stderr(&output)
        );
    }
    let rejects = rows(&workspace, "artifacts/analyze/rejects.csv");
    assert_eq!(rejects.iter().map(|row| &*row[0]).collect::<Vec<_>>(), ["cut.png", "text.jpg", "nowhere.png"]);
    let chosen = rows(&workspace, "artifacts/analyze/pictures.csv");
    assert_eq!(chosen.len(), 2);
    for row in &chosen {
        let folder = workspace.join("artifacts/analyze");
        assert!(folder.join(format!("activations/{}/relu1.npy", row[0])).is_file());
        assert!(support::CLASSES.contains(&&*row[1]), "the predicted class: {row:?}");
    }
    let seen = std::fs::read(workspace.join(format!("artifacts/analyze/pictures/{}.png", chosen[0][0]))).unwrap();
    let original = std::fs::read(workspace.join("good.png")).unwrap();
    let limits = imaging::Limits::default();
    let square = imaging::square(&imaging::decode(&original, &limits).unwrap(), SIDE);
    assert!(imaging::decode(&seen, &limits).unwrap() == square, "the crop of preprocess");

    assert_eq!(analyze(&workspace, &[&args[..], &["--strict"]].concat()).status.code(), Some(4));
    let none = analyze(&workspace, &["--image", "cut.png", "nowhere.png"]);
    assert_eq!(none.status.code(), Some(1));
    assert!(stderr(&none).contains("none of the 2 given images can be used") && stderr(&none).contains("hint: "));
}

/// Returns a network of dense layers only.
fn dense() -> (Model, Network) {
    let (_, network) = support::network();
    let (side, width) = (SIDE as usize, 3 * (SIDE * SIDE) as usize);
    let mut net = Builder::new("dense");
    net.batch_input("input", &[3, side, side]);
    net.weight("fc1.weight", &Array2::from_shape_fn((6, width), |(m, c)| ((m * 31 + c) as f32 * 0.37).sin() * 0.01));
    net.weight("fc1.bias", &Array1::<f32>::zeros(6));
    net.weight("fc2.weight", &Array2::from_shape_fn((6, 3), |(c, m)| ((m * 5 + c) as f32).cos()));
    net.node(Node::new("Flatten", "flatten").inputs(["input"]));
    net.node(Node::new("Gemm", "fc1").inputs(["flatten", "fc1.weight", "fc1.bias"]).int("transB", 1));
    net.node(Node::new("Relu", "relu1").inputs(["fc1"]));
    net.node(Node::new("MatMul", "fc2").inputs(["relu1", "fc2.weight"]));
    net.node(Node::new("Softmax", "probabilities").inputs(["fc2"]).int("axis", 1));
    let model = net.finish(&["probabilities"]).unwrap();
    let layer = |name: &str, operator: &str, size: usize| Layer {
        name: name.into(),
        operator: operator.into(),
        shape: vec![size],
    };
    let layers = vec![
        layer("flatten", "Flatten", width),
        layer("fc1", "Gemm", 6),
        layer("relu1", "Relu", 6),
        layer("fc2", "MatMul", 3),
        layer("probabilities", "Softmax", 3),
    ];
    let features = Features { layer: "relu1".into(), pool: Pooling::None };
    let sha256 = zoo::sha256(&model.to_bytes());
    (model, Network { name: "dense".into(), layers, features, logits: Some("fc2".into()), sha256, ..network })
}

/// Returns the network of [`support::network`] after tuning. Only the filters changed. They are 1.1 times as large.
fn tuned() -> (Model, Network) {
    let (mut model, network) = support::network();
    let parent = zoo::Parent { name: "tiny".into(), sha256: network.sha256.clone() };
    let filters = model.weight("conv1.weight").unwrap().mapv(|v| v * 1.1);
    model.set_weight("conv1.weight", &filters).unwrap();
    let sha256 = zoo::sha256(&model.to_bytes());
    (model, Network { name: "tiny-tuned".into(), parent: Some(parent), sha256, ..network })
}

#[test]
fn weights_are_compared_with_the_weights_before_tuning() {
    let workspace = support::workspace_of(tuned);
    let args = ["--set", "analyze.pictures_per_class=0"];
    assert!(analyze(&workspace, &args).status.success());
    let figures = rows(&workspace, "artifacts/analyze/weights/layers.csv");
    assert!(figures.iter().all(|row| row[6..].iter().all(String::is_empty)), "the network before is not installed");

    let (model, network) = support::network();
    workspace.write("data/networks/tiny/network.json", network.to_json());
    workspace.write("data/networks/tiny/model.onnx", model.to_bytes());
    let output = analyze(&workspace, &[&args[..], &["--force"]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let figures = rows(&workspace, "artifacts/analyze/weights/layers.csv");
    let of = |layer: &str| figures.iter().find(|row| row[0] == layer).unwrap().clone();
    let (conv, dense) = (of("conv1"), of("fc8"));
    assert!((number(&conv[10]) - 0.1).abs() < 1e-6, "{conv:?}");
    assert!((number(&conv[4]) / number(&conv[8]) - 1.1).abs() < 1e-6, "the norms");
    assert_eq!(conv[5], conv[9], "the share near zero does not depend on the scale");
    assert_eq!((&*dense[10], &dense[2]), ("0", &dense[6]), "fc8 did not change");
    let bars = rows(&workspace, "artifacts/analyze/weights/histograms.csv");
    let total = |layer: &str, which: &str| -> u64 {
        bars.iter().filter(|row| row[0] == layer && row[1] == which).map(|row| row[4].parse::<u64>().unwrap()).sum()
    };
    assert_eq!([total("conv1", "before"), total("conv1", "after")], [300; 2]);
    assert_eq!([total("fc8", "before"), total("fc8", "after")], [0, 12], "an unchanged weight has one histogram");
    let width = |layer: &str| {
        let bytes = std::fs::read(workspace.join(format!("artifacts/analyze/weights/{layer}.png"))).unwrap();
        imaging::decode(&bytes, &imaging::Limits::default()).unwrap().width()
    };
    assert!(width("conv1") > 1200, "two images side by side");
}

#[test]
fn a_network_without_convolutions_is_analyzed_as_far_as_possible() {
    let workspace = support::workspace_of(dense);
    let output = analyze(&workspace, &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    let report = workspace.text("artifacts/analyze/report.html");
    assert!(report.contains("no convolution over three colour channels"), "the omission is stated");
    for (file, lines) in [("layers.csv", 5), ("weights/layers.csv", 2), ("activations/top.csv", 0)] {
        assert_eq!(rows(&workspace, &format!("artifacts/analyze/{file}")).len(), lines, "{file}");
    }
    let output = analyze(&workspace, &["--set", "analyze.layers=[\"fc1\"]"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let top = rows(&workspace, "artifacts/analyze/activations/top.csv");
    assert!(top.len() >= 6 && top.iter().all(|row| row[5..] == ["0", "0", "48", "48"]));
}

#[test]
fn a_class_without_test_images_causes_a_message() {
    let workspace = support::workspace();
    let output = analyze(&workspace, &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("class `stripes` has no image in the test split"), "{}", stderr(&output));
    let classes: Vec<String> =
        rows(&workspace, "artifacts/analyze/pictures.csv").into_iter().map(|row| row[1].clone()).collect();
    assert_eq!(classes.iter().filter(|class| *class == HOSTILE).count(), 3);
    assert!(!classes.contains(&"stripes".to_owned()));
    let output = analyze(&workspace, &["--set", "analyze.pictures_per_class=0"]);
    assert!(output.status.success(), "{}", stderr(&output));
}

/// Sends the signal of Ctrl-C to a process.
fn interrupt(process: &std::process::Child) {
    let sent = std::process::Command::new("kill").args(["-INT", &process.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

/// Returns the number of stored pieces of a run.
fn pieces(folder: &Path) -> usize {
    let inside = |path: &Path| std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
    inside(&folder.join("pieces")).map(|run| inside(&run).count()).sum()
}

#[test]
fn a_stopped_run_is_continued() {
    let workspace = support::workspace();
    // The survey is short, and the occlusion is long enough to be interrupted.
    let args = [
        "--set",
        "analyze.occlusion.stride=1",
        "--set",
        "analyze.occlusion.patch=7",
        "--set",
        "analyze.pictures_per_class=8",
    ];
    let mut child = support::start(support::command(&workspace).args(args));
    let folder = workspace.join("artifacts/analyze");
    let began = Instant::now();
    // Waits for the pieces of the survey, of the occlusion of an image, and of its curves.
    while pieces(&folder) < 3 {
        assert!(
            began.elapsed() < Duration::from_secs(60) && child.try_wait().unwrap().is_none(),
            "the run stored no pieces"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
    interrupt(&child);
    let stopped = child.wait_with_output().unwrap();
    assert_eq!(stopped.status.code(), Some(130), "{}", stderr(&stopped));
    assert!(stderr(&stopped).contains("stopped; finished work is kept"), "{}", stderr(&stopped));
    assert!(!folder.join("stage.lock.json").exists() && pieces(&folder) >= 3);

    let output = analyze(&workspace, &args);
    assert!(output.status.success(), "{}", stderr(&output));
    let log = workspace.text("artifacts/analyze/log.jsonl");
    let kept = log.lines().filter(|line| line.contains("result of an earlier run"));
    assert!(kept.filter(|line| line.contains("curves of")).count() >= 1, "{log}");
    assert!(!folder.join("pieces").exists(), "a finished run deletes its pieces");
    let manifest = workspace.text("artifacts/analyze/manifest.csv");
    assert!(analyze(&workspace, &[&args[..], &["--force"]].concat()).status.success());
    assert!(workspace.text("artifacts/analyze/manifest.csv") == manifest, "a run without a stop writes the same bytes");
}
