//! Tests of killed sweeps, which continue and write the same bytes as a sweep without interruption.

use std::path::Path;
use std::time::{Duration, Instant};

use testkit::{Workspace, binary, images};

use crate::{small_run, stage, succeed};

/// The arguments of a long training: several trials of many epochs.
const LONG: [&str; 10] = [
    "--set",
    "train.max_epochs=30",
    "--set",
    "train.patience=30",
    "--set",
    "train.sweep.hidden=[[], [16]]",
    "--set",
    "train.sweep.learning_rate=[0.0003, 0.001]",
    "--set",
    "train.schedule=cosine",
];

fn workspace() -> Workspace {
    let workspace = small_run("");
    images::write_classes(&workspace.join("photos"), &["disc", "stripes"], 12, 96);
    succeed(&workspace, "scrape", &[]);
    succeed(&workspace, "preprocess", &[]);
    workspace
}

/// Returns the number of checkpoints in `folder`.
fn checkpoints(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.filter(|entry| entry.as_ref().is_ok_and(|entry| entry.path().extension().is_some())).count()
}

/// Starts a training and kills it `after` its first checkpoint. Returns `false` if the training finished before.
fn killed(workspace: &Workspace, args: &[&str], after: Duration) -> bool {
    let folder = workspace.join("artifacts/train/checkpoints");
    let mut running = workspace.command(binary("train")).args(args).arg("--quiet").spawn().unwrap();
    while checkpoints(&folder) == 0 && running.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let deadline = Instant::now() + after;
    while Instant::now() < deadline && running.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    running.kill().unwrap();
    !running.wait().unwrap().success()
}

#[test]
fn a_sweep_that_is_killed_several_times_writes_the_same_bytes() {
    let workspace = workspace();
    // The delays are the same in every run of the test (the constants are those of Knuth's MMIX generator).
    let mut random = 1_u64;
    let mut delay = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Duration::from_millis((random >> 33) % 300)
    };
    let mut continued = 0;
    for search in ["train.search=grid", "train.search=halving", "train.keep=last"] {
        let args = [&LONG[..], &["--set", search]].concat();
        std::fs::remove_dir_all(workspace.join("artifacts/train")).ok();
        succeed(&workspace, "train", &args);
        let whole = workspace.text("artifacts/train/manifest.csv");
        assert!(!workspace.join("artifacts/train/checkpoints").exists(), "a finished run has no checkpoints");
        std::fs::remove_dir_all(workspace.join("artifacts/train")).unwrap();
        for _ in 0..4 {
            if !killed(&workspace, &args, delay()) {
                break;
            }
            continued += usize::from(checkpoints(&workspace.join("artifacts/train/checkpoints")) > 0);
        }
        succeed(&workspace, "train", &args);
        assert_eq!(workspace.text("artifacts/train/manifest.csv"), whole, "{search}");
    }
    assert!(continued > 0, "no run with a checkpoint was killed, so the test shows nothing");
}

/// Returns the rows of a CSV file of the training without the header, split at commas.
fn rows(workspace: &Workspace, file: &str) -> Vec<Vec<String>> {
    let text = workspace.text(format!("artifacts/train/{file}"));
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn keep_last_saves_the_last_epoch() {
    let workspace = workspace();
    let train = |settings: &[&str]| {
        let sets = settings.iter().flat_map(|setting| ["--set", setting]);
        let args: Vec<&str> = ["--set", "train.sweep.hidden=[[]]"].into_iter().chain(sets).collect();
        succeed(&workspace, "train", &args);
        (rows(&workspace, "trials.csv").remove(0), std::fs::read(workspace.join("artifacts/train/model.onnx")).unwrap())
    };
    // With such a high learning rate the best epoch is not the last epoch.
    let high = "train.sweep.learning_rate=[0.1]";
    let (trial, best) = train(&[high, "train.max_epochs=9", "train.patience=9"]);
    let (epochs, kept) = (trial[7].as_str(), trial[8].as_str());
    assert!(epochs == "9" && kept != "9", "{trial:?}");
    let (trial, last) = train(&[high, "train.max_epochs=9", "train.patience=1", "train.keep=last"]);
    assert_eq!(trial[7..9], ["9", "9"], "patience does not stop the training");
    assert_eq!(trial[9..11], rows(&workspace, "history.csv").pop().unwrap()[4..6]);
    assert!(last != best);
    // A training that ends with the best epoch saves that epoch.
    let (_, ended) = train(&[high, &format!("train.max_epochs={kept}"), "train.keep=last"]);
    assert!(ended == best);
}

#[test]
fn a_run_continues_after_the_last_finished_epoch() {
    let workspace = workspace();
    assert!(killed(&workspace, &LONG, Duration::ZERO));
    succeed(&workspace, "train", &LONG);
    let log = workspace.text("artifacts/train/log.jsonl");
    assert!(log.contains("resumes after epoch"), "{log}");
    // Checkpoints of other settings are not used.
    assert!(killed(&workspace, &[&LONG[..], &["--force"]].concat(), Duration::ZERO));
    succeed(&workspace, "train", &[&LONG[..], &["--set", "train.batch_size=4"]].concat());
    let log = workspace.text("artifacts/train/log.jsonl");
    assert!(!log.contains("resumes after epoch"), "{log}");
}

#[test]
fn find_lr_suggests_a_learning_rate() {
    let workspace = workspace();
    let text = succeed(&workspace, "train", &["find-lr"]);
    assert!(text.contains("suggests learning_rate = ["), "{text}");
    let folder = workspace.join("artifacts/find-lr");
    let found: serde_json::Value = serde_json::from_str(&workspace.text("artifacts/find-lr/suggestion.json")).unwrap();
    let rate = found["learning_rate"].as_f64().unwrap();
    assert!((1e-6..1.0).contains(&rate), "{found}");
    assert!(workspace.text("artifacts/find-lr/curve.csv").lines().count() > 50);
    assert!(workspace.text("artifacts/find-lr/find_lr.svg").contains("suggested"));
    assert!(folder.join("stage.lock.json").is_file());
    assert!(succeed(&workspace, "train", &["find-lr"]).contains("up to date"));
    let output = stage(&workspace, "train", &["find-lr", "--set", "train.sweep.dropout=[0.1]", "--dry-run"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("would run"));
}
