//! What a person reads when a run cannot work.

use testkit::{Workspace, images};

use crate::{small_run, stage, succeed};

fn fails(workspace: &Workspace, name: &str, args: &[&str], code: i32) -> String {
    let output = stage(workspace, name, args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{name} {args:?}:\n{said}");
    assert!(said.contains("error: ") && said.contains("hint: "), "{said}");
    said
}

#[test]
fn a_stage_whose_upstream_has_not_run_says_what_to_run() {
    let workspace = small_run("");
    let said = fails(&workspace, "train", &[], 1);
    assert!(said.contains("run `just preprocess` first"), "{said}");
    // A dry run of it is no error: it tells.
    let output = stage(&workspace, "train", &["--dry-run"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("preprocess has not finished"));
}

#[test]
fn a_wrong_configuration_ends_with_2() {
    let workspace = small_run("");
    for name in crate::STAGES {
        fails(&workspace, name, &["--set", "train.batch_sise=3"], 2);
        fails(&workspace, name, &["--config", "nowhere.toml"], 2);
    }
}

#[test]
fn one_class_alone_cannot_be_told_apart() {
    let workspace = small_run("");
    images::write_classes(&workspace.join("pictures"), &["disc"], 8, 64);
    succeed(&workspace, "scrape", &[]);
    let output = stage(&workspace, "preprocess", &[]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let said = if output.status.success() { fails(&workspace, "train", &[], 1) } else { said };
    assert!(said.contains("class"), "{said}");
}

#[test]
fn a_learning_rate_that_blows_up_is_told_and_nothing_is_left_locked() {
    let workspace = small_run("");
    images::write_classes(&workspace.join("pictures"), &["disc", "stripes"], 8, 64);
    succeed(&workspace, "scrape", &[]);
    succeed(&workspace, "preprocess", &[]);
    let said = fails(&workspace, "train", &["--set", "train.sweep.learning_rate=[1e30]"], 1);
    assert!(said.contains("the loss of every trial stopped being a number"), "{said}");
    assert!(!workspace.join("artifacts/train/stage.lock.json").exists());
    // One good rate among bad ones is enough.
    succeed(&workspace, "train", &["--set", "train.sweep.learning_rate=[1e30, 0.001]"]);
    let trials = workspace.text("artifacts/train/trials.csv");
    assert!(trials.contains("diverged") && trials.contains("true"), "{trials}");
}

#[test]
fn what_cannot_be_trained_is_told_before_it_begins() {
    let workspace = small_run("");
    images::write_classes(&workspace.join("pictures"), &["disc", "stripes"], 8, 64);
    succeed(&workspace, "scrape", &[]);
    succeed(&workspace, "preprocess", &[]);
    succeed(&workspace, "train", &[]);
    let said = fails(&workspace, "train", &["--set", "train.batch_size=500"], 1);
    assert!(said.contains("train.batch_size is 500, and there are"), "{said}");
    let said = fails(&workspace, "train", &["--set", "train.tune=[\"head\", \"conv99\"]"], 2);
    assert!(said.contains("conv99"), "{said}");
    for bad in ["0.0", "-1.0", "nan", "inf"] {
        let said = fails(&workspace, "train", &["--set", &format!("train.sweep.learning_rate=[{bad}]")], 2);
        assert!(said.contains("train.sweep.learning_rate"), "{said}");
    }
    let said = succeed(&workspace, "train", &[]);
    assert!(said.contains("up to date"), "what was trained before is still there: {said}");
}

#[test]
fn two_runs_at_once_do_not_mix() {
    let workspace = small_run("");
    images::write_classes(&workspace.join("pictures"), &["disc", "stripes"], 8, 64);
    succeed(&workspace, "scrape", &[]);
    let lock = std::fs::File::open(workspace.join("artifacts/.writer.lock")).unwrap();
    lock.lock().unwrap();
    let said = fails(&workspace, "preprocess", &[], 1);
    assert!(said.contains("is being written by"), "{said}");
}
