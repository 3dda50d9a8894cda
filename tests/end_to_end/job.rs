//! The main job on small drawn pictures, from a folder to the report.

use std::sync::{Mutex, OnceLock, PoisonError};

use testkit::{Workspace, images};

use crate::{STAGES, all, small_run, stage, succeed};

/// One finished run that several tests look at and none changes.
fn finished() -> &'static Workspace {
    static FINISHED: OnceLock<Workspace> = OnceLock::new();
    FINISHED.get_or_init(|| {
        let workspace = small_run("");
        images::write_classes(&workspace.join("pictures"), &images::CLASSES, 14, 120);
        all(&workspace, &[]);
        workspace
    })
}

/// Held by a test that starts stages in the finished run: only one may write there at a time.
static AT_WORK: Mutex<()> = Mutex::new(());

#[test]
fn every_stage_leaves_what_the_contract_names() {
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
        assert!(workspace.join("artifacts").join(file).is_file(), "{file} is not there");
    }
    for name in STAGES {
        for file in ["stage.lock.json", "manifest.csv", "config.resolved.toml", "log.jsonl"] {
            assert!(workspace.join("artifacts").join(name).join(file).is_file(), "{name}/{file} is not there");
        }
        let manifest = workspace.text(format!("artifacts/{name}/manifest.csv"));
        assert!(!manifest.contains(".tmp-") && !manifest.contains("log.jsonl"), "{manifest}");
    }
}

#[test]
fn what_is_easy_to_tell_apart_is_learned() {
    let metrics: serde_json::Value = serde_json::from_str(&finished().text("artifacts/evaluate/metrics.json")).unwrap();
    let accuracy = metrics["accuracy"].as_f64().unwrap();
    // Three classes of plain shapes, by chance a third.
    assert!(accuracy >= 0.7, "{accuracy}");
}

#[test]
fn one_row_of_predictions_for_each_test_picture() {
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
fn the_report_asks_nobody_for_anything() {
    let page = finished().text("artifacts/analyze/report.html");
    for place in ["src=\"http", "href=\"http", "url(http", "src=\"//", "@import"] {
        assert!(!page.contains(place), "report.html holds {place}");
    }
    assert!(page.len() < 15_000_000, "{} bytes", page.len());
}

#[test]
fn the_tuned_network_names_pictures_of_files() {
    let workspace = finished();
    let some = std::fs::read_dir(workspace.join("pictures/disc")).unwrap().next().unwrap().unwrap().path();
    let said = stage(workspace, "evaluate", &["classify", "--json", some.to_str().unwrap()]);
    assert_eq!(said.status.code(), Some(0), "{}", String::from_utf8_lossy(&said.stderr));
    let said: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
    assert!(said.to_string().contains("disc"), "{said}");
}

#[test]
fn json_is_all_that_goes_to_stdout() {
    let _alone = AT_WORK.lock().unwrap_or_else(PoisonError::into_inner);
    for name in STAGES {
        let output = stage(finished(), name, &["--json"]);
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((said["stage"].as_str(), said["status"].as_str()), (Some(name), Some("up to date")));
    }
}

#[test]
fn no_stage_ends_by_a_signal() {
    let _alone = AT_WORK.lock().unwrap_or_else(PoisonError::into_inner);
    let workspace = finished();
    for name in STAGES {
        for _ in 0..20 {
            let said = succeed(workspace, name, &[]);
            assert!(said.contains("up to date"), "{said}");
        }
    }
    // Here the runtime is loaded, used and let go of, for training and without.
    for name in &STAGES[2..] {
        for _ in 0..20 {
            succeed(workspace, name, &["--force", "--quiet"]);
        }
    }
    let some = std::fs::read_dir(workspace.join("pictures/disc")).unwrap().next().unwrap().unwrap().path();
    for _ in 0..20 {
        succeed(workspace, "evaluate", &["classify", some.to_str().unwrap()]);
    }
}
