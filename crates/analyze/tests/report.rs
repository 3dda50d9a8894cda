//! Tests of the stage `report`: when it runs, and its errors for damaged artifacts.

use std::process::Command;

use testkit::Workspace;

use crate::support;
use crate::support::{analyze, stderr};

const REPORT: &str = "artifacts/analyze/report.html";

/// Runs `analyze` with `args`, which must succeed, and returns stderr.
fn succeed(workspace: &Workspace, args: &[&str]) -> String {
    let output = analyze(workspace, args);
    let messages = stderr(&output);
    assert!(output.status.success(), "{args:?}: {messages}");
    messages
}

/// Returns a workspace with the outputs of all analyses and the report. There are as few analyses as possible.
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

/// Returns the last line of `stage`.
fn line<'a>(messages: &'a str, stage: &str) -> &'a str {
    messages.lines().rfind(|line| line.starts_with(stage)).unwrap()
}

#[test]
fn a_changed_caption_rebuilds_the_report_and_no_analysis() {
    let workspace = finished();
    let (report, log) = (workspace.text(REPORT), workspace.text("artifacts/analyze/log.jsonl"));
    // A changed caption gives another program. So does a byte behind the program, which does not change what it does. Another process
    // writes the file: a file that this process has open for writing cannot be started.
    let program = workspace.join("analyze");
    let copy = "cp \"$0\" \"$1\" && printf x >> \"$1\"";
    let copied = support::output(Command::new("sh").args(["-c", copy, env!("CARGO_BIN_EXE_analyze")]).arg(&program));
    assert!(copied.status.success(), "{}", stderr(&copied));
    let run = || {
        let output = support::output(&mut support::command_of(&workspace, &program));
        assert!(output.status.success(), "{}", stderr(&output));
        stderr(&output)
    };
    let messages = run();
    assert!(line(&messages, "analyze").ends_with("up to date"), "{messages}");
    assert!(messages.contains("report      runs: program: "), "{messages}");
    assert!(!line(&messages, "report").ends_with("up to date"), "{messages}");
    assert!(workspace.text(REPORT) == report, "the report has the same bytes");
    assert_eq!(workspace.text("artifacts/analyze/log.jsonl"), log, "the analyses did not run");
    let messages = run();
    assert!(
        line(&messages, "analyze").ends_with("up to date") && line(&messages, "report").ends_with("up to date"),
        "{messages}"
    );
}

#[test]
fn a_missing_or_altered_report_is_written_again_without_an_analysis() {
    let workspace = finished();
    let report = workspace.text(REPORT);
    let log = workspace.text("artifacts/analyze/log.jsonl");
    std::fs::remove_file(workspace.join(REPORT)).unwrap();
    let messages = succeed(&workspace, &["report", "--dry-run"]);
    assert!(messages.is_empty(), "{messages}");
    assert!(succeed(&workspace, &["report"]).contains("report.html is missing"));
    workspace.write(REPORT, &report[..report.len() / 2]);
    assert!(succeed(&workspace, &[]).contains("report.html was altered"));
    assert!(workspace.text(REPORT) == report, "the report has the same bytes");
    assert_eq!(workspace.text("artifacts/analyze/log.jsonl"), log, "the analyses did not run");
}

#[test]
fn an_analysis_that_runs_again_updates_the_report() {
    let workspace = finished();
    let messages = succeed(&workspace, &["--set", "analyze.maps.methods=[\"saliency\", \"guided\"]"]);
    assert!(messages.contains("report      runs: "), "{messages}");
    assert!(workspace.text(REPORT).contains("Guided backpropagation"));
    let manifest = workspace.text("artifacts/report/manifest.csv");
    assert!(manifest.contains("\n../analyze/report.html,"), "{manifest}");
    assert!(!workspace.text("artifacts/analyze/manifest.csv").contains("report.html"));
}

#[test]
fn an_error_names_the_damaged_artifact_and_gives_a_hint() {
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
    // In a run of the stage, the engine detects the change before the report is written.
    let table = workspace.text("artifacts/evaluate/predictions.csv");
    workspace.write("artifacts/evaluate/predictions.csv", &table[..table.len() / 2]);
    let output = analyze(&workspace, &["report", "--force"]);
    let messages = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{messages}");
    assert!(
        messages.contains("predictions.csv was altered since evaluate wrote it") && messages.contains("hint: "),
        "{messages}"
    );
}
