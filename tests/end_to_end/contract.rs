//! When a stage runs, and what a run leaves, whatever happened to the one before.

use std::time::{Duration, Instant};

use testkit::{Workspace, binary, images};

use crate::{STAGES, all, small_run, stage, succeed};

fn workspace() -> Workspace {
    let workspace = small_run("");
    images::write_classes(&workspace.join("pictures"), &["disc", "stripes"], 10, 96);
    workspace
}

fn manifests(workspace: &Workspace) -> Vec<String> {
    STAGES.iter().map(|name| workspace.text(format!("artifacts/{name}/manifest.csv"))).collect()
}

#[test]
fn stages_run_when_something_changed_and_only_then() {
    let workspace = workspace();
    all(&workspace, &[]);
    for said in all(&workspace, &[]) {
        assert!(said.contains("up to date"), "{said}");
    }
    let before = manifests(&workspace);

    // A comment changes nothing.
    let config = workspace.text("pipeline.toml");
    workspace.write("pipeline.toml", format!("# a comment\n{config}"));
    for said in all(&workspace, &[]) {
        assert!(said.contains("up to date"), "{said}");
    }

    // A stage that is forced and makes the same again does not make the later ones run.
    assert!(!succeed(&workspace, "preprocess", &["--force"]).contains("up to date"));
    assert!(succeed(&workspace, "train", &[]).contains("up to date"));

    // What changed is told, from what to what, and --dry-run runs nothing.
    let output = stage(&workspace, "train", &["--dry-run", "--set", "train.patience=3"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("would run") && said.contains("train.patience: 8 -> 3"), "{said}");
    assert!(succeed(&workspace, "train", &[]).contains("up to date"));

    // What comes before is part of the answer, through stages in between.
    let output = stage(&workspace, "evaluate", &["--dry-run", "--set", "preprocess.min_side=10"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(said.matches("preprocess ran with preprocess.min_side = 32, now 10").count(), 1, "{said}");

    // One more source counts as well.
    let more = "scrape.sources=[{kind=\"folder\", path=\"pictures\"}, {kind=\"drawn\"}]";
    let output = stage(&workspace, "train", &["--dry-run", "--set", more]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("scrape ran with scrape.sources.1.kind = (none), now \"drawn\""), "{said}");

    // What is asked for in vain costs nothing that is there.
    for vain in ["analyze.pictures=[\"nobody\"]", "analyze.layers=[\"conv99\"]", "analyze.occlusion.patch=4000"] {
        let output = stage(&workspace, "analyze", &["--set", vain]);
        assert_ne!(output.status.code(), Some(0), "{vain}");
    }
    assert!(succeed(&workspace, "analyze", &[]).contains("up to date"));

    // An output that somebody altered is made again, the same.
    workspace.write("artifacts/evaluate/predictions.csv", "nonsense");
    let said = succeed(&workspace, "evaluate", &[]);
    assert!(said.contains("predictions.csv was altered"), "{said}");
    assert_eq!(manifests(&workspace), before);

    // Another seed gives other outputs.
    all(&workspace, &["--set", "seed=2"]);
    assert_ne!(manifests(&workspace)[1..], before[1..]);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
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
fn two_folders_with_one_seed_hold_the_same_bytes() {
    let workspace = workspace();
    all(&workspace, &[]);
    let first = manifests(&workspace);
    all(&workspace, &["--set", "artifacts=elsewhere"]);
    let second: Vec<String> =
        STAGES.iter().map(|name| workspace.text(format!("elsewhere/{name}/manifest.csv"))).collect();
    for (name, (first, second)) in STAGES.iter().zip(first.iter().zip(&second)) {
        assert_eq!(first, second, "{name}");
    }
}

#[test]
fn a_killed_run_is_made_good_by_the_next() {
    let workspace = workspace();
    all(&workspace, &[]);
    let whole = manifests(&workspace);
    for (number, name) in STAGES.iter().enumerate() {
        let began = Instant::now();
        succeed(&workspace, name, &["--force"]);
        let takes = began.elapsed();
        for share in [0.2, 0.5, 0.8] {
            let mut running = workspace.command(binary(name)).args(["--force", "--quiet"]).spawn().unwrap();
            std::thread::sleep(takes.mul_f64(share).max(Duration::from_millis(5)));
            running.kill().unwrap();
            running.wait().unwrap();
            succeed(&workspace, name, &[]);
            assert_eq!(manifests(&workspace)[number], whole[number], "{name} killed after {share} of its time");
        }
    }
}

#[test]
fn a_gate_that_is_not_met_ends_with_3_every_time() {
    let workspace = workspace();
    for name in &STAGES[..2] {
        succeed(&workspace, name, &[]);
    }
    // So small a step leaves every class equally likely: one of the two is named for every picture.
    succeed(&workspace, "train", &["--set", "train.sweep.learning_rate=[1e-12]", "--set", "train.max_epochs=1"]);
    for _ in 0..2 {
        let output = stage(&workspace, "evaluate", &["--set", "evaluate.gate.accuracy=0.9"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains("gate not met"), "{said}");
    }
    succeed(&workspace, "evaluate", &["--set", "evaluate.gate.accuracy=0.1"]);
}
