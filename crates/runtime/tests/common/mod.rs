//! Access to the ONNX Runtime library that `setup` installed.
#![allow(dead_code, reason = "each program uses a part of the module")]

use std::path::{Path, PathBuf};

/// Returns the path of the installed library. The test fails with a message if it is missing.
pub fn library() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = runtime::locate(&workspace.join("data"));
    assert!(path.is_file(), "{} is missing: run `./justw setup` first, these tests need it", path.display());
    path
}

/// Loads the installed library.
pub fn load() {
    if let Err(error) = runtime::load(&library()) {
        panic!("{error}");
    }
}
