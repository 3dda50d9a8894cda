//! The stage `report`: when it runs, and what it says about damaged artifacts.
#![allow(clippy::unwrap_used)]

mod support;

use std::process::Output;

use testkit::Workspace;

const REPORT: &str = "artifacts/analyze/report.html";
const LOCK: &str = "artifacts/report/stage.lock.json";

fn analyze(workspace: &Workspace, args: &[&str]) -> Output {
    let mut command = workspace.command(env!("CARGO_BIN_EXE_analyze"));
    support::output(command.env("ORT_DYLIB_PATH", support::runtime_library()).args(args))
}

/// Runs `analyze` with `args`, which must succeed, and returns stderr.
fn succeed(workspace: &Workspace, args: &[&str]) -> String {
    let output = analyze(workspace, args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{args:?}: {said}");
    said
}

/// A workspace with all analyses and the report. The analyses are as few as possible.
fn finished() -> Workspace {
    let workspace = support::workspace();
    workspace.write(
        "pipeline.toml",
        "threads = 1\n[analyze]\npictures_per_class = 1\n[analyze.occlusion]\npatch = 12\nstride = 7\n[analyze.maps]\nmethods = [\"saliency\"]\nsteps = 2\n\
         [analyze.tsne]\niterations = 10\n",
    );
    succeed(&workspace, &[]);
    workspace
}

/// The line that `stage` ends with.
fn line<'a>(said: &'a str, stage: &str) -> &'a str {
    said.lines().rfind(|line| line.starts_with(stage)).unwrap()
}

#[test]
fn a_changed_caption_rebuilds_the_report_and_no_analysis() {
    let workspace = finished();
    let (report, log) = (workspace.text(REPORT), workspace.text("artifacts/analyze/log.jsonl"));
    let lock = workspace.text(LOCK);
    assert!(lock.contains("\"format\": 1"), "{lock}");
    // A changed caption raises the format number of the stage `report`. The last run had another number.
    workspace.write(LOCK, lock.replace("\"format\": 1", "\"format\": 0"));
    let said = succeed(&workspace, &[]);
    assert!(line(&said, "analyze").ends_with("up to date"), "{said}");
    assert!(said.contains("report      runs: format version: 0 -> 1"), "{said}");
    assert!(!line(&said, "report").ends_with("up to date"), "{said}");
    assert!(workspace.text(REPORT) == report, "the same bytes again");
    assert_eq!(workspace.text("artifacts/analyze/log.jsonl"), log, "the analyses did not run");
    let said = succeed(&workspace, &[]);
    assert!(line(&said, "analyze").ends_with("up to date") && line(&said, "report").ends_with("up to date"), "{said}");
}

#[test]
fn a_missing_or_altered_report_is_made_again_alone() {
    let workspace = finished();
    let report = workspace.text(REPORT);
    let log = workspace.text("artifacts/analyze/log.jsonl");
    std::fs::remove_file(workspace.join(REPORT)).unwrap();
    let said = succeed(&workspace, &["report", "--dry-run"]);
    assert!(said.is_empty(), "{said}");
    assert!(succeed(&workspace, &["report"]).contains("report.html is missing"));
    workspace.write(REPORT, &report[..report.len() / 2]);
    assert!(succeed(&workspace, &[]).contains("report.html was altered"));
    assert!(workspace.text(REPORT) == report, "the same bytes again");
    assert_eq!(workspace.text("artifacts/analyze/log.jsonl"), log, "the analyses did not run");
}

#[test]
fn an_analysis_that_runs_again_makes_the_report_again() {
    let workspace = finished();
    let said = succeed(&workspace, &["--set", "analyze.maps.methods=[\"saliency\", \"guided\"]"]);
    assert!(said.contains("report      runs: "), "{said}");
    assert!(workspace.text(REPORT).contains("Guided backpropagation"));
    let manifest = workspace.text("artifacts/report/manifest.csv");
    assert!(manifest.contains("\n../analyze/report.html,"), "{manifest}");
    assert!(!workspace.text("artifacts/analyze/manifest.csv").contains("report.html"));
}

#[test]
fn a_damaged_artifact_is_named_with_a_hint() {
    let workspace = finished();
    let image = workspace.text("artifacts/analyze/pictures.csv").lines().nth(1).unwrap()[..16].to_owned();
    let maps = format!("analyze/maps/{image}");
    for (file, stage) in [
        ("preprocess/dataset.csv", "preprocess"),
        ("preprocess/classes.json", "preprocess"),
        ("preprocess/quarantine.csv", "preprocess"),
        (&format!("preprocess/images/{image}.png"), "preprocess"),
        ("train/trials.csv", "train"),
        ("train/history.csv", "train"),
        ("evaluate/metrics.json", "evaluate"),
        ("evaluate/predictions.csv", "evaluate"),
        ("evaluate/per_class.csv", "evaluate"),
        ("evaluate/calibration.csv", "evaluate"),
        ("evaluate/top_images.csv", "evaluate"),
        ("evaluate/stage.lock.json", "evaluate"),
        ("analyze/network.json", "analyze"),
        ("analyze/layers.csv", "analyze"),
        ("analyze/pictures.csv", "analyze"),
        ("analyze/weights/layers.csv", "analyze"),
        ("analyze/weights/histograms.csv", "analyze"),
        ("analyze/weights/conv1.png", "analyze"),
        ("analyze/activations/top.csv", "analyze"),
        (&format!("analyze/activations/{image}/relu1.npy"), "analyze"),
        ("analyze/maps/targets.csv", "analyze"),
        ("analyze/maps/faithfulness.csv", "analyze"),
        (&format!("{maps}/curves.csv"), "analyze"),
        (&format!("{maps}/saliency.png"), "analyze"),
        ("analyze/tsne.csv", "analyze"),
        ("analyze/tsne.json", "analyze"),
    ] {
        let path = workspace.join("artifacts").join(file);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..6]).unwrap();
        let error = report_pages::html(&workspace.join("artifacts")).unwrap_err();
        let text = pipeline::error::render(&error);
        let name = file.rsplit('/').next().unwrap();
        assert!(text.contains(name) && text.contains(&format!("hint: run `just {stage} --force`")), "{file}: {text}");
        std::fs::write(&path, &bytes).unwrap();
    }
    // As a user sees it: the engine notices that the table is not what `evaluate` wrote.
    let table = workspace.text("artifacts/evaluate/predictions.csv");
    workspace.write("artifacts/evaluate/predictions.csv", &table[..table.len() / 2]);
    let output = analyze(&workspace, &["report", "--force"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("predictions.csv was altered since evaluate wrote it") && said.contains("hint: "), "{said}");
}
