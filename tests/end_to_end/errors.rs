//! Tests of error messages.

use testkit::{Workspace, images};

use crate::{small_run, stage, succeed};

/// Runs a stage, checks its exit code, and returns its stderr, which must contain an error and a hint.
fn fails(workspace: &Workspace, name: &str, args: &[&str], code: i32) -> String {
    let output = stage(workspace, name, args);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{name} {args:?}:\n{text}");
    assert!(text.contains("error: ") && text.contains("hint: "), "{text}");
    text
}

#[test]
fn a_stage_without_inputs_names_the_stage_to_run() {
    let workspace = small_run("");
    let text = fails(&workspace, "train", &[], 1);
    assert!(text.contains("run `just preprocess` first"), "{text}");
    // A dry run without inputs is not an error.
    let output = stage(&workspace, "train", &["--dry-run"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("preprocess has not finished"));
}

#[test]
fn an_invalid_configuration_gives_exit_code_2() {
    let workspace = small_run("");
    for name in crate::STAGES {
        fails(&workspace, name, &["--set", "train.batch_sise=3"], 2);
        fails(&workspace, name, &["--config", "nowhere.toml"], 2);
    }
}

#[test]
fn one_class_is_not_enough() {
    let workspace = small_run("");
    images::write_classes(&workspace.join("photos"), &["disc"], 8, 64);
    succeed(&workspace, "scrape", &[]);
    let output = stage(&workspace, "preprocess", &[]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let text = if output.status.success() { fails(&workspace, "train", &[], 1) } else { text };
    assert!(text.contains("class"), "{text}");
}

#[test]
fn a_diverged_sweep_is_an_error_and_leaves_no_lock_file() {
    let workspace = small_run("");
    images::write_classes(&workspace.join("photos"), &["disc", "stripes"], 8, 64);
    succeed(&workspace, "scrape", &[]);
    succeed(&workspace, "preprocess", &[]);
    let text = fails(&workspace, "train", &["--set", "train.sweep.learning_rate=[1e30]"], 1);
    assert!(text.contains("every trial diverged: the loss of every trial is not a finite number"), "{text}");
    assert!(!workspace.join("artifacts/train/stage.lock.json").exists());
    // A sweep succeeds if one of its trials does not diverge.
    succeed(&workspace, "train", &["--set", "train.sweep.learning_rate=[1e30, 0.001]"]);
    let trials = workspace.text("artifacts/train/trials.csv");
    assert!(trials.contains("diverged") && trials.contains("true"), "{trials}");
}

#[test]
fn an_impossible_training_fails_before_it_starts() {
    let workspace = small_run("");
    images::write_classes(&workspace.join("photos"), &["disc", "stripes"], 8, 64);
    succeed(&workspace, "scrape", &[]);
    succeed(&workspace, "preprocess", &[]);
    succeed(&workspace, "train", &[]);
    let text = fails(&workspace, "train", &["--set", "train.batch_size=500"], 1);
    assert!(text.contains("train.batch_size is 500, and there are"), "{text}");
    let text = fails(&workspace, "train", &["--set", "train.tune=[\"head\", \"conv99\"]"], 2);
    assert!(text.contains("conv99"), "{text}");
    for bad in ["0.0", "-1.0", "nan", "inf"] {
        let text = fails(&workspace, "train", &["--set", &format!("train.sweep.learning_rate=[{bad}]")], 2);
        assert!(text.contains("train.sweep.learning_rate"), "{text}");
    }
    let text = succeed(&workspace, "train", &[]);
    assert!(text.contains("up to date"), "the earlier training is still there: {text}");
}

#[test]
fn two_concurrent_runs_are_refused() {
    let workspace = small_run("");
    images::write_classes(&workspace.join("photos"), &["disc", "stripes"], 8, 64);
    succeed(&workspace, "scrape", &[]);
    let lock = std::fs::File::open(workspace.join("artifacts/.writer.lock")).unwrap();
    lock.lock().unwrap();
    let text = fails(&workspace, "preprocess", &[], 1);
    assert!(text.contains("is being written by"), "{text}");
}
