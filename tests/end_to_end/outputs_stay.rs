//! A run that fails, is killed or finds a full disk leaves the outputs of the last run as they are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use testkit::{Workspace, binary, images};

use crate::{STAGES, all, small_run, stage, succeed};

fn workspace() -> Workspace {
    let workspace = small_run("");
    images::write_classes(&workspace.join("photos"), &["disc", "stripes"], 10, 96);
    workspace
}

/// Folders that hold no outputs. Their files speed up a run or let it continue.
const KEPT: [&str; 4] = ["features", "checkpoints", "pieces", "fetched"];

/// Returns every file of a stage's outputs with its content. Caches, checkpoints, and the log and the table that a failed run
/// leaves are not outputs.
fn outputs(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if KEPT.contains(&name.as_str()) || name.contains(".unfinished.") {
            continue;
        }
        if path.is_dir() {
            files.extend(outputs(&path));
        } else {
            files.insert(path.clone(), fs_err::read(&path).unwrap());
        }
    }
    files
}

/// Returns the names of the hidden folders below `artifacts`.
fn hidden(workspace: &Workspace) -> Vec<String> {
    let entries = fs_err::read_dir(workspace.join("artifacts")).unwrap().map(|entry| entry.unwrap());
    let folders = entries.filter(|entry| entry.file_type().unwrap().is_dir());
    folders.map(|entry| entry.file_name().into_string().unwrap()).filter(|name| name.starts_with('.')).collect()
}

#[test]
fn a_request_that_cannot_succeed_changes_no_output() {
    let workspace = workspace();
    all(&workspace, &[]);
    workspace.write("list.txt", "# no address\n");
    let list = "scrape.sources=[{kind=\"urls\", path=\"list.txt\", class=\"disc\"}]";
    for (name, args) in [
        ("train", vec!["--set", "train.sweep.learning_rate=[1e30]"]),
        ("analyze", vec!["--set", "analyze.images=[\"/etc/passwd\"]"]),
        ("analyze", vec!["--set", "analyze.maps.layer=\"probabilities\""]),
        ("scrape", vec!["--set", list, "--set", "scrape.web.contact=me@example.org"]),
    ] {
        let folder = workspace.join("artifacts").join(name);
        let before = outputs(&folder);
        let output = stage(&workspace, name, &args);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(matches!(output.status.code(), Some(1 | 2)) && text.contains("hint: "), "{name} {args:?}: {text}");
        assert_eq!(outputs(&folder), before, "{name} {args:?}");
        assert!(hidden(&workspace).is_empty(), "{name} {args:?}: {:?}", hidden(&workspace));
    }
    for text in all(&workspace, &[]) {
        assert!(text.contains("up to date"), "{text}");
    }
}

#[test]
fn a_run_that_is_killed_at_any_time_leaves_whole_outputs() {
    let workspace = workspace();
    all(&workspace, &[]);
    for name in STAGES {
        let folder = workspace.join("artifacts").join(name);
        let before = outputs(&folder);
        // The change gives another key, so the outputs of the killed run are not up to date for this configuration.
        let change = match name {
            "scrape" => "scrape.near_duplicate_distance=3",
            "preprocess" => "preprocess.min_side=33",
            "train" => "train.sweep.hidden=[[], [9]]",
            "evaluate" => "evaluate.calibration_bins=11",
            _ => "analyze.tsne.iterations=101",
        };
        let began = Instant::now();
        succeed(&workspace, name, &["--set", change]);
        let duration = began.elapsed();
        succeed(&workspace, name, &[]);
        assert_eq!(manifest(&before), manifest(&outputs(&folder)), "{name}");
        let before = outputs(&folder);
        for twentieth in [12, 19] {
            let mut command = workspace.command(binary(name));
            command.args(["--quiet", "--set", change]).stderr(Stdio::null()).stdout(Stdio::null());
            let mut running = command.spawn().unwrap();
            std::thread::sleep(duration.mul_f64(f64::from(twentieth) / 20.0).max(Duration::from_millis(5)));
            running.kill().unwrap();
            running.wait().unwrap();
            let what = format!("{name} killed after {twentieth}/20 of its time");
            let again = stage(&workspace, name, &["--dry-run"]);
            let is_old = String::from_utf8_lossy(&again.stdout).contains("up to date");
            if is_old {
                assert_eq!(outputs(&folder), before, "{what}");
            } else {
                // The kill came after the new outputs were in place.
                let text = String::from_utf8_lossy(&again.stdout).into_owned();
                assert!(text.contains("would run") && !text.contains("did not finish"), "{what}: {text}");
                assert!(!text.contains("altered") && !text.contains("missing"), "{what}: {text}");
                succeed(&workspace, name, &[]);
                assert_eq!(manifest(&outputs(&folder)), manifest(&before), "{what}");
                break;
            }
            succeed(&workspace, name, &[]);
            assert!(hidden(&workspace).is_empty(), "{what}: {:?}", hidden(&workspace));
        }
    }
}

fn manifest(outputs: &BTreeMap<PathBuf, Vec<u8>>) -> &[u8] {
    outputs.iter().find(|(path, _)| path.ends_with("manifest.csv")).unwrap().1
}

#[cfg(unix)]
#[test]
fn a_disk_that_takes_no_more_bytes_leaves_the_outputs() {
    let workspace = workspace();
    all(&workspace, &[]);
    for name in STAGES {
        let folder = workspace.join("artifacts").join(name);
        let before = outputs(&folder);
        // No file can have more than 512 bytes. The system answers with an error, because the signal is ignored.
        let output = std::process::Command::new("sh")
            .current_dir(workspace.path())
            .args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\""])
            .arg(binary(name))
            .args(["--force", "--quiet"])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{name}: {text}");
        assert!(text.contains("error: ") && text.contains("hint: "), "{name}: {text}");
        assert_eq!(outputs(&folder), before, "{name}");
        assert!(succeed(&workspace, name, &[]).contains("up to date"), "{name}");
        assert!(hidden(&workspace).is_empty(), "{name}: {:?}", hidden(&workspace));
    }
}

#[test]
fn find_lr_can_come_before_train() {
    let workspace = workspace();
    succeed(&workspace, "scrape", &[]);
    succeed(&workspace, "preprocess", &[]);
    succeed(&workspace, "train", &["find-lr"]);
    assert!(workspace.join("artifacts/train/features").is_dir());
    succeed(&workspace, "train", &[]);
    assert!(workspace.join("artifacts/train/features").is_dir(), "the cache stays");
}
