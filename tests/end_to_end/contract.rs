//! Tests of repeated runs: when a stage runs again, and what its outputs are after changes and crashes.

use std::time::{Duration, Instant};

use testkit::{Workspace, binary, images};

use crate::{STAGES, all, folders, small_run, stage, succeed};

fn workspace() -> Workspace {
    let workspace = small_run("");
    images::write_classes(&workspace.join("photos"), &["disc", "stripes"], 10, 96);
    workspace
}

/// Returns the manifests of all stages.
fn manifests(workspace: &Workspace) -> Vec<String> {
    folders().map(|name| workspace.text(format!("artifacts/{name}/manifest.csv"))).collect()
}

#[test]
fn a_network_that_was_trained_on_other_images_is_named() {
    let workspace = workspace();
    for name in &STAGES[..4] {
        succeed(&workspace, name, &[]);
    }
    let more = images::draw("disc", 900, 96);
    workspace.write("photos/disc/more.png", testkit::files::png(&more));
    succeed(&workspace, "scrape", &[]);
    succeed(&workspace, "preprocess", &[]);
    let text = succeed(&workspace, "evaluate", &[]);
    assert!(text.contains("train ran on other outputs of preprocess than those that are there now"), "{text}");
    succeed(&workspace, "train", &[]);
    assert!(!succeed(&workspace, "evaluate", &[]).contains("other outputs"));
}

#[test]
fn a_stage_runs_only_after_a_change() {
    let workspace = workspace();
    all(&workspace, &[]);
    for text in all(&workspace, &[]) {
        assert!(text.contains("up to date"), "{text}");
    }
    let before = manifests(&workspace);

    // A comment in the configuration changes nothing.
    let config = workspace.text("pipeline.toml");
    workspace.write("pipeline.toml", format!("# a comment\n{config}"));
    for text in all(&workspace, &[]) {
        assert!(text.contains("up to date"), "{text}");
    }

    // A forced run with the same outputs does not make later stages run.
    assert!(!succeed(&workspace, "preprocess", &["--force"]).contains("up to date"));
    assert!(succeed(&workspace, "train", &[]).contains("up to date"));

    // --dry-run prints the old and the new value of a changed key, and runs nothing.
    let output = stage(&workspace, "train", &["--dry-run", "--set", "train.patience=3"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("would run") && text.contains("train.patience: 8 -> 3"), "{text}");
    assert!(succeed(&workspace, "train", &[]).contains("up to date"));

    // The reasons include changes of all earlier stages.
    let output = stage(&workspace, "evaluate", &["--dry-run", "--set", "preprocess.min_side=10"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(text.matches("preprocess ran with preprocess.min_side = 32, now 10").count(), 1, "{text}");

    // Another source is a change.
    let more = "scrape.sources=[{kind=\"folder\", path=\"photos\"}, {kind=\"drawn\"}]";
    let output = stage(&workspace, "train", &["--dry-run", "--set", more]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("scrape ran with scrape.sources.1.kind = (none), now \"drawn\""), "{text}");

    // A request that cannot succeed deletes no outputs.
    for impossible in ["analyze.pictures=[\"nobody\"]", "analyze.layers=[\"conv99\"]", "analyze.occlusion.patch=4000"] {
        let output = stage(&workspace, "analyze", &["--set", impossible]);
        assert_ne!(output.status.code(), Some(0), "{impossible}");
    }
    assert!(succeed(&workspace, "analyze", &[]).contains("up to date"));

    // A stage writes a changed output again, with the same contents.
    workspace.write("artifacts/evaluate/predictions.csv", "nonsense");
    let text = succeed(&workspace, "evaluate", &[]);
    assert!(text.contains("predictions.csv was altered"), "{text}");
    assert_eq!(manifests(&workspace), before);

    // Another seed changes the outputs.
    all(&workspace, &["--set", "seed=2"]);
    assert_ne!(manifests(&workspace)[1..], before[1..]);
}

#[test]
fn a_closed_pipe_is_not_an_error() {
    let workspace = workspace();
    for name in &STAGES[..2] {
        let mut running = workspace.command(binary(name));
        let mut running =
            running.stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().unwrap();
        drop((running.stderr.take(), running.stdout.take()));
        assert_eq!(running.wait().unwrap().code(), Some(0), "{name}");
    }
}

#[test]
fn two_runs_with_one_seed_write_the_same_bytes() {
    let workspace = workspace();
    all(&workspace, &[]);
    let first = manifests(&workspace);
    all(&workspace, &["--set", "artifacts=elsewhere"]);
    let second: Vec<String> = folders().map(|name| workspace.text(format!("elsewhere/{name}/manifest.csv"))).collect();
    for (name, (first, second)) in folders().zip(first.iter().zip(&second)) {
        assert_eq!(first, second, "{name}");
    }
}

#[test]
fn the_run_after_a_killed_run_writes_the_same_outputs() {
    let workspace = workspace();
    all(&workspace, &[]);
    let whole = manifests(&workspace);
    for name in STAGES {
        let began = Instant::now();
        succeed(&workspace, name, &["--force"]);
        let duration = began.elapsed();
        for share in [0.2, 0.5, 0.8] {
            let mut running = workspace.command(binary(name)).args(["--force", "--quiet"]).spawn().unwrap();
            std::thread::sleep(duration.mul_f64(share).max(Duration::from_millis(5)));
            running.kill().unwrap();
            running.wait().unwrap();
            assert!(succeed(&workspace, name, &[]).contains("up to date"), "{name}: the outputs of the last run stay");
            succeed(&workspace, name, &["--force"]);
            assert_eq!(manifests(&workspace), whole, "{name} killed after {share} of its time");
        }
    }
}

#[test]
fn an_unmet_gate_gives_exit_code_3_every_time() {
    let workspace = workspace();
    for name in &STAGES[..2] {
        succeed(&workspace, name, &[]);
    }
    // With such a small learning rate the network predicts the same class for every image.
    succeed(&workspace, "train", &["--set", "train.sweep.learning_rate=[1e-12]", "--set", "train.max_epochs=1"]);
    for _ in 0..2 {
        let output = stage(&workspace, "evaluate", &["--set", "evaluate.gate.accuracy=0.9"]);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{text}");
        assert!(text.contains("gate not met"), "{text}");
    }
    succeed(&workspace, "evaluate", &["--set", "evaluate.gate.accuracy=0.1"]);
}
