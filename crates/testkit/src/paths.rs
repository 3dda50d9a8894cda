//! Where a test finds the repository, the runtime and the stages' binaries.

use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn workspace_root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    root.expect("testkit lies in crates/ of the repository").to_owned()
}

/// The installed ONNX Runtime: `ORT_DYLIB_PATH`, or the one below `data/`.
///
/// # Panics
/// When it is not installed, saying how to install it.
pub fn runtime_library() -> PathBuf {
    let path = std::env::var_os("ORT_DYLIB_PATH")
        .map_or_else(|| workspace_root().join("data/runtime/libonnxruntime.so"), PathBuf::from);
    assert!(path.is_file(), "no ONNX Runtime at {}: run `./justw setup` first", path.display());
    path
}

/// The binary of the stage `name`, in the target folder that the running test was built into.
///
/// # Panics
/// When it was not built, saying how to build it.
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().nth(2).expect("a test lies in target/<profile>/deps");
    let path = target.join(name).with_extension(std::env::consts::EXE_EXTENSION);
    assert!(path.is_file(), "no binary at {}: run `cargo build --release -p {name}` first", path.display());
    path
}
