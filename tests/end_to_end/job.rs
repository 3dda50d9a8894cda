//! Tests of a complete run on small drawn images, from a folder to the report.

use std::sync::{Mutex, OnceLock, PoisonError};

use ::contract::stages::{ANALYZE, REPORT};
use testkit::{Workspace, images};

use crate::{STAGES, all, folders, small_run, stage, succeed};

/// Returns the workspace of a finished run. The tests share it and do not change it.
fn finished() -> &'static Workspace {
    static FINISHED: OnceLock<Workspace> = OnceLock::new();
    FINISHED.get_or_init(|| {
        let workspace = small_run("");
        images::write_classes(&workspace.join("photos"), &images::CLASSES, 14, 120);
        all(&workspace, &[]);
        workspace
    })
}

/// The lock of the tests that run stages in the finished workspace.
static RUNNING: Mutex<()> = Mutex::new(());

#[test]
fn every_stage_writes_its_artifacts() {
    let workspace = finished();
    for file in [
        "scrape/sources.csv",
        "scrape/rejects.csv",
        "preprocess/dataset.csv",
        "preprocess/quarantine.csv",
        "preprocess/classes.json",
        "train/model.onnx",
        "train/model.json",
        "train/trials.csv",
        "train/history.csv",
        "train/curves.svg",
        "train/sweep.svg",
        "evaluate/metrics.json",
        "evaluate/predictions.csv",
        "evaluate/confusion_matrix.csv",
        "evaluate/per_class.csv",
        "evaluate/top_images.csv",
        "analyze/weights/conv1.png",
        "analyze/tsne.csv",
        "analyze/tsne.svg",
        "analyze/report.html",
    ] {
        assert!(workspace.join("artifacts").join(file).is_file(), "{file} does not exist");
    }
    for name in folders() {
        for file in ["stage.lock.json", "manifest.csv", "config.resolved.toml", "log.jsonl"] {
            assert!(workspace.join("artifacts").join(name).join(file).is_file(), "{name}/{file} does not exist");
        }
        let manifest = workspace.text(format!("artifacts/{name}/manifest.csv"));
        assert!(!manifest.contains(".tmp-") && !manifest.contains("log.jsonl"), "{manifest}");
    }
}

#[test]
fn easy_classes_are_learned() {
    let metrics: serde_json::Value = serde_json::from_str(&finished().text("artifacts/evaluate/metrics.json")).unwrap();
    let accuracy = metrics["accuracy"].as_f64().unwrap();
    // Chance is one third.
    assert!(accuracy >= 0.7, "{accuracy}");
}

#[test]
fn each_test_image_has_one_row_of_predictions() {
    let workspace = finished();
    let rows = |file: &str| -> Vec<csv::StringRecord> {
        csv::Reader::from_path(workspace.join("artifacts").join(file)).unwrap().records().map(Result::unwrap).collect()
    };
    let dataset = rows("preprocess/dataset.csv");
    assert_eq!(dataset.len(), 3 * 14);
    let test: Vec<&str> = dataset.iter().filter(|row| &row[3] == "test").map(|row| row.get(0).unwrap()).collect();
    let mut predicted: Vec<String> = rows("evaluate/predictions.csv").iter().map(|row| row[0].to_owned()).collect();
    predicted.sort();
    let mut test: Vec<String> = test.into_iter().map(str::to_owned).collect();
    test.sort();
    assert_eq!(predicted, test);
}

#[test]
fn the_report_loads_nothing_from_other_files() {
    let page = finished().text("artifacts/analyze/report.html");
    for place in ["src=\"http", "href=\"http", "url(http", "src=\"//", "@import"] {
        assert!(!page.contains(place), "report.html contains {place}");
    }
    assert!(page.len() < 15_000_000, "{} bytes", page.len());
}

#[test]
fn the_tuned_network_classifies_image_files() {
    let workspace = finished();
    let some = std::fs::read_dir(workspace.join("photos/disc")).unwrap().next().unwrap().unwrap().path();
    let text = stage(workspace, "evaluate", &["classify", "--json", some.to_str().unwrap()]);
    assert_eq!(text.status.code(), Some(0), "{}", String::from_utf8_lossy(&text.stderr));
    let text: serde_json::Value = serde_json::from_slice(&text.stdout).unwrap();
    assert!(text.to_string().contains("disc"), "{text}");
}

#[test]
fn three_hidden_layers_go_through_every_stage() {
    let workspace = small_run("");
    images::write_classes(&workspace.join("photos"), &["disc", "stripes"], 10, 96);
    let args = ["--set", "train.sweep.hidden=[[8,8,8]]"];
    all(&workspace, &args);
    let description: serde_json::Value = serde_json::from_str(&workspace.text("artifacts/train/model.json")).unwrap();
    let names: Vec<&str> =
        description["layers"].as_array().unwrap().iter().filter_map(|layer| layer["name"].as_str()).collect();
    // Each hidden layer has a name of its own, which no layer of the trunk has.
    let distinct: std::collections::BTreeSet<&&str> = names.iter().collect();
    assert_eq!(distinct.len(), names.len(), "{names:?}");
    let image = std::fs::read_dir(workspace.join("photos/disc")).unwrap().next().unwrap().unwrap().path();
    succeed(&workspace, "evaluate", &["--set", args[1], "classify", image.to_str().unwrap()]);
}

#[test]
fn stdout_contains_only_json() {
    let _alone = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    for name in STAGES {
        let output = stage(finished(), name, &["--json"]);
        let documents: Vec<serde_json::Value> =
            serde_json::Deserializer::from_slice(&output.stdout).into_iter().collect::<Result<_, _>>().unwrap();
        let stages: Vec<&str> = documents.iter().filter_map(|text| text["stage"].as_str()).collect();
        let expected = if name == ANALYZE { vec![ANALYZE, REPORT] } else { vec![name] };
        assert_eq!(stages, expected, "one document for each stage");
        assert!(documents.iter().all(|text| text["status"] == "up to date"), "{documents:?}");
    }
}

#[test]
fn no_stage_is_ended_by_a_signal() {
    const TIMES: usize = 3;
    let _alone = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let workspace = finished();
    let some = std::fs::read_dir(workspace.join("photos/disc")).unwrap().next().unwrap().unwrap().path();
    for _ in 0..TIMES {
        for name in STAGES {
            let text = succeed(workspace, name, &[]);
            assert!(text.contains("up to date"), "{text}");
        }
        // These stages load and release the runtime, with and without training.
        for name in &STAGES[2..] {
            succeed(workspace, name, &["--force", "--quiet"]);
        }
        succeed(workspace, "evaluate", &["classify", some.to_str().unwrap()]);
    }
}
