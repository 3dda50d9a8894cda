//! Tests of the stage `analyze` with a tiny network and drawn images.

use ndarray::{Array2, Array4};
use ndarray_npy::ReadNpyExt;
use runtime::Session;
use std::collections::BTreeSet;
use testkit::Workspace;

use crate::support;
use crate::support::{HOSTILE, SIDE, analyze, stderr};

/// Returns the column `name` of a CSV file.
fn column(workspace: &Workspace, file: &str, name: &str) -> Vec<String> {
    let text = workspace.text(file);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let at = reader.headers().unwrap().iter().position(|header| header == name).unwrap();
    reader.records().map(|row| row.unwrap()[at].to_owned()).collect()
}

/// Copies a folder and its contents.
fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &place);
        } else {
            std::fs::copy(entry.path(), place).unwrap();
        }
    }
}

/// Returns the values of `attribute` in all tags of `html`, without embedded images.
fn values(html: &str, attribute: &str) -> Vec<String> {
    let parts = html.split(attribute).skip(1);
    parts
        .map(|part| part.split_once('"').unwrap().0.to_owned())
        .filter(|value| !value.starts_with("data:image"))
        .collect()
}

#[test]
fn the_report_is_complete_safe_and_reproducible() {
    let workspace = support::workspace();
    let output = analyze(&workspace, &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    let report = workspace.text("artifacts/analyze/report.html");

    assert!(!report.contains("<script>alert") && !report.contains("<img onerror"), "hostile text is shown as text");
    assert!(report.contains("&#60;script&#62;alert(1)"));
    assert!(!report.contains("http:") && !report.contains("https:"), "the report loads nothing");
    for part in ["overview", "training", "quality", "images", "weights", "activations", "why", "map", "provenance"] {
        assert!(report.contains(&format!("<section id=\"{part}\"")), "{part}");
    }
    let parts: Vec<&str> = report.split("<section id=").collect();
    let images =
        |part: &str| parts.iter().find(|p| p.starts_with(&format!("\"{part}\""))).unwrap().matches("<img").count();
    assert_eq!(images("quality"), 6, "a cell shows every image of the test split");
    assert_eq!(
        images("images"),
        2 + 6 + 3 + 6,
        "mistakes, least certain images, and the best and worst images of each class"
    );
    assert_eq!(images("why"), 6 * 6, "three images of each class with test images, each with five maps");
    assert_eq!(report.matches("class=\"thumb\"").count(), 24, "the map shows the whole data set");
    assert!(
        report.contains("id=\"cell-0-1\"") && report.contains("href=\"#cell-0-1\""),
        "a cell has a link to its images"
    );

    for file in ["weights/conv1.png", "tsne.svg", "activations/0000000000000000/relu1.png"] {
        assert!(workspace.join("artifacts/analyze").join(file).is_file(), "{file}");
    }
    if let Some(place) = std::env::var_os("REPORT_TO_CHECK") {
        // `just check-report` also checks this report, because it has hostile names.
        copy(&workspace.join("artifacts"), std::path::Path::new(&place));
    }
    let (ids, addresses) = (values(&report, " id=\""), values(&report, "href=\""));
    let unique: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "{ids:?}");
    let (within, beside): (Vec<&String>, Vec<&String>) =
        addresses.iter().filter(|address| *address != "data:,").partition(|address| address.starts_with('#'));
    assert!(within.iter().all(|address| unique.contains(&address[1..].to_owned())), "{within:?}");
    assert!(beside.len() > 20, "figures have links to their data");
    for address in beside {
        assert!(
            workspace.join("artifacts/analyze").join(address).is_file(),
            "the file of the link {address} does not exist"
        );
    }

    let again = analyze(&workspace, &[]);
    assert!(stderr(&again).contains("up to date"), "{}", stderr(&again));
    let manifests = || ["analyze", "report"].map(|stage| workspace.text(format!("artifacts/{stage}/manifest.csv")));
    let before = manifests();
    assert!(analyze(&workspace, &["--force"]).status.success());
    assert!(manifests() == before, "a second run writes the same bytes");
}

#[test]
fn occlusion_agrees_with_separate_runs_for_each_window() {
    let workspace = support::workspace();
    let image = "1400000000000000";
    let output = analyze(&workspace, &["--set", &format!("analyze.pictures=[\"{image}\"]")]);
    assert!(output.status.success(), "{}", stderr(&output));
    let numbers = |name: &str| -> Vec<f32> {
        column(&workspace, &format!("artifacts/analyze/maps/{image}/occlusion.csv"), name)
            .iter()
            .map(|cell| cell.parse().unwrap())
            .collect()
    };
    let (tops, lefts, found, drops) = (numbers("top"), numbers("left"), numbers("probability"), numbers("drop"));
    assert_eq!(found.len(), 49, "ceil((48 - 12) / 7) + 1 = 7 windows in each direction");

    runtime::load(&support::runtime_library()).unwrap();
    let (model, network) = support::network();
    let mut session = Session::new(&model, 1).unwrap();
    let image = imaging::decode(
        &std::fs::read(workspace.join(format!("artifacts/preprocess/images/{image}.png"))).unwrap(),
        &imaging::Limits::default(),
    );
    let input = network.input.batch([&image.unwrap()]);
    let mut all = |input: &Array4<f32>| -> Vec<f32> {
        let (_, rows) = session.run(&[("input", input.view().into_dyn())]).unwrap().remove(0);
        rows.iter().copied().collect()
    };
    let first = all(&input);
    let predicted = (0..3).max_by(|a, b| first[*a].total_cmp(&first[*b])).unwrap();
    let uncovered = first[predicted];
    let mut probability = |input: &Array4<f32>| all(input)[predicted];
    for (window, (top, left)) in tops.iter().zip(&lefts).enumerate() {
        let (top, left) = (*top as usize, *left as usize);
        let side = SIDE as usize;
        let covered = Array4::from_shape_fn((1, 3, side, side), |(n, c, y, x)| {
            let inside = (top..top + 12).contains(&y) && (left..left + 12).contains(&x);
            if inside { 0.0 } else { input[[n, c, y, x]] }
        });
        let expected = probability(&covered);
        assert!((expected - found[window]).abs() < 1e-6, "window {window}: {expected} and {}", found[window]);
        assert!((uncovered - expected - drops[window]).abs() < 1e-6);
    }
    assert!(drops.iter().any(|drop| drop.abs() > 1e-3), "some window has an effect");
}

#[test]
fn activation_files_have_the_outputs_of_the_layer() {
    let workspace = support::workspace();
    let image = "0500000000000000";
    let choice = format!("analyze.pictures=[\"{image}\"]");
    let output = analyze(&workspace, &["--set", &choice, "--set", "analyze.layers=[\"conv1\", \"fc8\", \"conv1\"]"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let folder = workspace.join("artifacts/analyze/activations").join(image);
    let read = |name: &str| std::fs::File::open(folder.join(name)).unwrap();
    let maps = ndarray::Array3::<f32>::read_npy(read("conv1.npy")).unwrap();
    assert_eq!(maps.dim(), (4, 22, 22));
    // The expected logits are the means of the maps after the ReLU, times the matrix of the dense layer.
    let (model, _) = support::network();
    let means = maps.mapv(|v| v.max(0.0)).into_shape_with_order((4, 22 * 22)).unwrap().mean_axis(ndarray::Axis(1));
    let dense: Array2<f32> = model.weight("fc8.weight").unwrap().into_dimensionality().unwrap();
    let expected = dense.dot(&means.unwrap()) + ndarray::arr1(&[0.1, 0.0, -0.1]);
    let logits = ndarray::Array1::<f32>::read_npy(read("fc8.npy")).unwrap();
    assert!(logits.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-4), "{logits} {expected}");
}

#[test]
fn the_embedding_of_any_layer_has_every_image_once() {
    let workspace = support::workspace();
    let output = analyze(&workspace, &["--set", "analyze.tsne.layer=relu1"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let labels = column(&workspace, "artifacts/analyze/tsne.csv", "label");
    assert_eq!(labels.iter().filter(|label| *label == HOSTILE).count(), 8, "a third of the images");
    let ids: BTreeSet<String> = column(&workspace, "artifacts/analyze/tsne.csv", "id").into_iter().collect();
    assert_eq!((labels.len(), ids.len()), (24, 24));
    let svg = workspace.text("artifacts/analyze/tsne.svg");
    assert!(svg.starts_with("<svg xmlns=") && !svg.contains("<script") && svg.matches("data:image/jpeg").count() == 24);
    let wrong = |(label, predicted): (&String, &String)| label != predicted;
    let predicted = column(&workspace, "artifacts/analyze/tsne.csv", "predicted");
    let wrong = labels.iter().zip(&predicted).filter(|pair| wrong(*pair)).count();
    let legend = usize::from(wrong > 0);
    assert_eq!(svg.matches("class=\"badge\"").count(), wrong + legend, "each wrong prediction has a cross");
}

#[test]
fn the_engine_and_the_quality_of_the_embedding_are_recorded() {
    let workspace = support::workspace();
    let output = analyze(&workspace, &["--set", "analyze.tsne.iterations=300"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let read = |file: &str| -> serde_json::Value { serde_json::from_str(&workspace.text(file)).unwrap() };
    let facts = read("artifacts/analyze/tsne.json");
    assert_eq!(facts["engine"], "linfa");
    assert_eq!(read("artifacts/analyze/stage.lock.json")["recorded"]["t-SNE engine"], "linfa");
    let numbers = |name| -> Vec<f64> {
        column(&workspace, "artifacts/analyze/tsne.csv", name).iter().map(|cell| cell.parse().unwrap()).collect()
    };
    let (x, y, labels) = (numbers("x"), numbers("y"), column(&workspace, "artifacts/analyze/tsne.csv", "label"));
    let own = |i: &usize| {
        let apart = |j: usize| (x[*i] - x[j]).powi(2) + (y[*i] - y[j]).powi(2);
        let nearest = (0..x.len()).filter(|j| j != i).min_by(|a, b| apart(*a).total_cmp(&apart(*b))).unwrap();
        labels[nearest] == labels[*i]
    };
    let share = (0..x.len()).filter(own).count() as f64 / x.len() as f64;
    assert!((facts["neighbour_accuracy"].as_f64().unwrap() - share).abs() < 1e-12, "{facts}");
    assert_eq!(facts["trustworthiness_neighbours"], 11, "24 images allow at most 11 neighbours");
    assert!((0.5..=1.0).contains(&facts["trustworthiness"].as_f64().unwrap()), "{facts}");
    let report = workspace.text("artifacts/analyze/report.html");
    assert!(report.contains("by the linfa engine") && report.contains("1-nearest-neighbour accuracy"));
}

#[test]
fn errors_in_the_configuration_have_a_hint() {
    let workspace = support::workspace();
    for (set, code, words) in [
        ("analyze.layers=[\"conv2\"]", 1, "conv1"),
        ("analyze.tsne.layer=fc9", 1, "fc8"),
        ("analyze.pictures=[\"nosuch\"]", 2, "`nosuch`"),
        ("analyze.occlusion.patch=49", 2, "patch and stride from 1 to 48"),
        ("analyze.occlusion.stride=49", 2, "set a stride of at most 12"),
        ("analyze.maps.layer=relu9", 1, "relu1"),
        ("analyze.maps.layer=fc8", 2, "fc8 has no feature maps"),
        ("analyze.maps.methods=[\"lime\"]", 2, "unknown value \"lime\""),
    ] {
        let output = analyze(&workspace, &["--set", set]);
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{set}: {text}");
        assert!(text.contains(words) && text.contains("hint: "), "{set}: {text}");
    }
}
