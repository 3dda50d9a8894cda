//! What the tests share: the library that `setup` installed.

use std::path::{Path, PathBuf};

/// The installed library; the test fails with a plain message where there is none.
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
