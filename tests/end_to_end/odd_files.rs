//! Pipes, devices, folders and names in places where a file belongs, and places that cannot be written.
#![cfg(unix)]

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use testkit::{Workspace, binary, images};

use ::contract::stages::{ANALYZE, REPORT};

use crate::{content, small_run, stage, succeed};

fn workspace() -> Workspace {
    let workspace = small_run("");
    images::write_classes(&workspace.join("photos"), &["disc", "stripes"], 8, 64);
    workspace
}

fn make_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Runs a stage, which has to end within a minute. Its memory is limited to 8 GiB. It finds the programs in `programs/` first.
fn ends(workspace: &Workspace, name: &str, args: &[&str]) -> Output {
    let mut command = Command::new("sh");
    command.current_dir(workspace.path()).args(["-c", "ulimit -v 8388608; exec \"$0\" \"$@\""]);
    command.arg(binary(name)).args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{path}", workspace.join("programs").display()));
    let mut running = command.spawn().unwrap();
    let began = Instant::now();
    while running.try_wait().unwrap().is_none() {
        if began.elapsed() > Duration::from_secs(60) {
            running.kill().unwrap();
            panic!("{name} {args:?} hangs");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    running.wait_with_output().unwrap()
}

fn fails(workspace: &Workspace, name: &str, args: &[&str], expected: &str) {
    let output = ends(workspace, name, args);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(matches!(output.status.code(), Some(1 | 2)), "{name} {args:?} ended with {}: {text}", output.status);
    assert!(text.contains(expected), "{name} {args:?}: {text}");
}

#[test]
fn a_git_that_hangs_and_pipes_in_a_repository_stop_no_stage() {
    let workspace = workspace();
    workspace.write("programs/git", "#!/bin/sh\ntouch called\nexec sleep 600\n");
    fs_err::set_permissions(workspace.join("programs/git"), PermissionsExt::from_mode(0o755)).unwrap();
    for pipe in ["HEAD", "packed-refs"] {
        fs_err::remove_dir_all(workspace.join(".git")).ok();
        workspace.write(".git/HEAD", "ref: refs/heads/main\n");
        fs_err::remove_file(workspace.join(".git").join(pipe)).ok();
        make_pipe(&workspace.join(".git").join(pipe));
        let output = ends(&workspace, "scrape", &["--force"]);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{pipe}: {text}");
        let lock = workspace.text("artifacts/scrape/stage.lock.json");
        assert!(lock.contains("\"git_commit\": \"\""), "{pipe}: {lock}");
    }
    assert!(!workspace.join("called").exists(), "a stage runs git");
}

#[test]
fn pipes_and_devices_are_named_at_once() {
    let workspace = workspace();
    make_pipe(&workspace.join("pipe"));
    for file in ["pipe", "/dev/zero"] {
        fails(&workspace, "scrape", &["--config", file], "it is a pipe, socket or device");
        let list = format!("scrape.sources=[{{kind=\"urls\", path=\"{file}\", class=\"disc\"}}]");
        fails(&workspace, "scrape", &["--set", &list, "--set", "scrape.web.contact=me@example.org"], file);
        let network = ["classify", "--network", "squeezenet", file];
        fails(&workspace, "evaluate", &network, "it is a folder, pipe, socket or device");
    }
    fails(&workspace, "scrape", &["--config", "photos"], "it is a folder");
    let hint = "hint: name the images in it: photos/*";
    fails(&workspace, "evaluate", &["classify", "--network", "squeezenet", "photos"], hint);
    fs_err::create_dir_all(workspace.join("artifacts")).unwrap();
    let lock = workspace.join("artifacts/.writer.lock");
    // The runs above may have left their lock file.
    fs_err::remove_file(&lock).ok();
    make_pipe(&lock);
    fails(&workspace, "scrape", &[], ".writer.lock is not a file");
    fs_err::remove_file(&lock).unwrap();
    workspace.write("mine.txt", "mine");
    symlink("../mine.txt", &lock).unwrap();
    fails(&workspace, "scrape", &[], ".writer.lock is not a file");
    assert_eq!(workspace.text("mine.txt"), "mine");
}

#[test]
fn an_analyzed_image_that_is_a_pipe_is_a_rejected_image() {
    let workspace = workspace();
    for name in &crate::STAGES[..4] {
        succeed(&workspace, name, &[]);
    }
    make_pipe(&workspace.join("pipe"));
    let args = ["--set", "analyze.images=[\"pipe\", \"/dev/zero\"]"];
    fails(&workspace, "analyze", &args, "it is a pipe, socket or device, not a file");
}

#[test]
fn a_write_above_the_limit_for_files_is_an_error_and_no_signal() {
    let workspace = workspace();
    succeed(&workspace, "scrape", &[]);
    let before = workspace.text("artifacts/scrape/manifest.csv");
    let script = format!("ulimit -S -f 1; exec '{}' --force", testkit::binary("scrape").display());
    let output = Command::new("bash").args(["-c", &script]).current_dir(workspace.path()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("hint: "), "{text}");
    assert_eq!(workspace.text("artifacts/scrape/manifest.csv"), before);
}

#[test]
fn a_file_in_place_of_a_folder_is_named_and_a_damaged_cache_is_made_again() {
    let workspace = workspace();
    workspace.write("artifacts", "mine");
    fails(&workspace, "scrape", &[], "artifacts is a file, and the stages need a folder there");
    fs_err::remove_file(workspace.join("artifacts")).unwrap();
    workspace.write("artifacts/scrape", "mine");
    fails(&workspace, "scrape", &[], "artifacts/scrape is a file, and the stage scrape needs a folder there");
    assert_eq!(workspace.text("artifacts/scrape"), "mine");
    fs_err::remove_file(workspace.join("artifacts/scrape")).unwrap();
    succeed(&workspace, "scrape", &[]);
    for cache in ["fetched", "manifest.csv", "stage.lock.json", "sources.csv", "images"] {
        let path = workspace.join("artifacts/scrape").join(cache);
        if path.is_dir() {
            fs_err::remove_dir_all(&path).unwrap();
            fs_err::write(&path, "").unwrap();
        } else {
            fs_err::remove_file(&path).unwrap();
            fs_err::create_dir(&path).unwrap();
        }
        succeed(&workspace, "scrape", &["--force"]);
        assert!(succeed(&workspace, "scrape", &[]).contains("up to date"), "{cache}");
    }
}

#[test]
fn a_name_that_is_too_long_for_an_output_is_an_error_about_the_name() {
    let workspace = workspace();
    // The name of the folder is as long as a name can be. Its contact sheet has four bytes more.
    images::write_classes(&workspace.join("photos"), &["disc"], 3, 64);
    fs_err::rename(workspace.join("photos/disc"), workspace.join("photos").join("d".repeat(255))).unwrap();
    let output = stage(&workspace, "scrape", &[]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("hint: a name is too long for the file system"), "{text}");
    assert!(!text.contains("disk"), "{text}");
}

/// Makes every file and folder below `folder` read-only, or writable again.
fn set_writable(folder: &Path, writable: bool) {
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            set_writable(&path, writable);
        } else {
            fs_err::set_permissions(&path, PermissionsExt::from_mode(if writable { 0o644 } else { 0o444 })).unwrap();
        }
    }
    fs_err::set_permissions(folder, PermissionsExt::from_mode(if writable { 0o755 } else { 0o555 })).unwrap();
}

#[test]
fn read_only_artifacts_can_be_up_to_date() {
    /// A user without rights, for a test that runs as root.
    const NOBODY: u32 = 65534;
    let workspace = crate::models::sound_workspace();
    fs_err::set_permissions(workspace.path(), PermissionsExt::from_mode(0o755)).unwrap();
    // This user may be unable to read the folder of the repository.
    let runtime = workspace.join("runtime");
    fs_err::copy(testkit::runtime_library(), &runtime).unwrap();
    let run = |user: Option<u32>, name: &str, args: &[&str]| {
        let mut command = workspace.command(workspace.join(name));
        if let Some(user) = user {
            command.uid(user).gid(user);
        }
        let output = command.args(args).env("ORT_DYLIB_PATH", &runtime).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    // A file that this process writes cannot be run as long as a child of another test has inherited it.
    assert!(Command::new("cp").args(crate::STAGES.map(binary)).arg(workspace.path()).status().unwrap().success());
    for name in crate::STAGES {
        let (code, text) = run(None, name, &[]);
        assert_eq!(code, Some(0), "{name}: {text}");
    }
    let artifacts = workspace.join("artifacts");
    let before = content(&artifacts);
    for folder in crate::folders() {
        assert!(before.keys().any(|path| path.starts_with(artifacts.join(folder))), "{folder}");
    }
    set_writable(&artifacts, false);
    let user = (fs_err::metadata(workspace.path()).unwrap().uid() == 0).then_some(NOBODY);
    for name in crate::STAGES {
        let (code, text) = run(user, name, &[]);
        let is_up_to_date = |name| text.lines().any(|line| line.starts_with(name) && line.ends_with("up to date"));
        assert!(code == Some(0) && is_up_to_date(name), "{name}: {text}");
        assert!(name != ANALYZE || is_up_to_date(REPORT), "{text}");
        let (code, text) = run(user, name, &["--force"]);
        assert!(code == Some(1) && text.contains("hint: the folder is read-only"), "{name}: {text}");
    }
    assert!(content(&artifacts) == before, "a stage wrote into read-only artifacts");
    set_writable(&artifacts, true);
}

#[test]
fn a_lock_that_names_its_own_stage_as_an_input_is_no_endless_loop() {
    let workspace = workspace();
    succeed(&workspace, "scrape", &[]);
    let lock = workspace.text("artifacts/scrape/stage.lock.json");
    let ring = lock.replace("\"upstream\": {}", "\"upstream\": {\"scrape\": \"hash\"}");
    assert_ne!(lock, ring);
    workspace.write("artifacts/scrape/stage.lock.json", ring);
    let output = ends(&workspace, "preprocess", &["--dry-run"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}
