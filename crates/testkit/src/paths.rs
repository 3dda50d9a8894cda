//! The paths of the repository, of the runtime and of the stage binaries.

use std::path::{Path, PathBuf};

/// Returns the root folder of the repository.
pub fn workspace_root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    root.expect("testkit is in the folder crates/ of the repository").to_owned()
}

/// Returns the path of the installed ONNX Runtime: `ORT_DYLIB_PATH`, or `data/runtime/libonnxruntime.so`.
///
/// # Panics
/// Panics when the file does not exist.
pub fn runtime_library() -> PathBuf {
    let path = std::env::var_os("ORT_DYLIB_PATH")
        .map_or_else(|| workspace_root().join("data/runtime/libonnxruntime.so"), PathBuf::from);
    assert!(path.is_file(), "no ONNX Runtime at {}: run `./justw setup` first", path.display());
    path
}

/// Returns the path of the binary of the stage `name`, in the target folder of the running test.
///
/// # Panics
/// Panics when the binary does not exist.
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().nth(2).expect("a test binary is in target/<profile>/deps");
    let path = target.join(name).with_extension(std::env::consts::EXE_EXTENSION);
    assert!(path.is_file(), "no binary at {}: run `cargo build --release -p {name}` first", path.display());
    path
}
