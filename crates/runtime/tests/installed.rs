//! The library in the data folder: it is used only as `setup` installs it. No test here loads ONNX Runtime.
#![allow(clippy::unwrap_used)]
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

#[allow(dead_code, reason = "the tests do not load")]
use std::path::PathBuf;

use runtime::RuntimeError;
use tempfile::TempDir;

use crate::common;

/// Returns a data folder with these bytes as its library.
fn data(library: &[u8]) -> (TempDir, PathBuf) {
    let data = tempfile::tempdir().unwrap();
    let path = data.path().join("runtime/libonnxruntime.so");
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(&path, library).unwrap();
    (data, path)
}

/// Returns whether `ORT_DYLIB_PATH` names a library, which the data folder has no part in then.
fn skipped() -> bool {
    let skipped = runtime::named().is_some();
    if skipped {
        println!("skipped: {} names another library", runtime::LIBRARY_VARIABLE);
    }
    skipped
}

#[test]
fn flipped_bits_and_a_truncated_library_are_noticed_before_the_library_is_loaded() {
    if skipped() {
        return;
    }
    let whole = fs_err::read(common::library()).unwrap();
    let (data, path) = data(&whole);
    let identity = runtime::identity(data.path()).unwrap();
    assert_eq!(identity, format!("1.19.2 {}", &runtime::repackage::OUTPUT_SHA256[..16]));
    let mut damaged: Vec<Vec<u8>> = (1..12).map(|part| flipped(&whole, whole.len() / 12 * part)).collect();
    damaged.extend([whole[..whole.len() - 1].to_vec(), whole[..whole.len() / 2].to_vec(), Vec::new()]);
    for bytes in damaged {
        fs_err::write(&path, bytes).unwrap();
        for error in [runtime::identity(data.path()).unwrap_err(), runtime::load_from(data.path()).unwrap_err()] {
            assert!(matches!(error, RuntimeError::Changed { .. }), "{error}");
            assert!(error.to_string().starts_with(&format!("{} is damaged or changed", path.display())), "{error}");
            assert!(error.advice().starts_with("run `just setup`: "), "{}", error.advice());
        }
    }
    fs_err::write(&path, whole).unwrap();
    assert_eq!(runtime::identity(data.path()).unwrap(), identity);
}

fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1;
    bytes
}

#[test]
fn a_missing_library_and_a_folder_in_its_place_are_named() {
    if skipped() {
        return;
    }
    let (data, path) = data(b"");
    fs_err::remove_file(&path).unwrap();
    let error = runtime::identity(data.path()).unwrap_err();
    assert!(matches!(error, RuntimeError::Missing { .. }), "{error}");
    assert_eq!(error.advice(), "run `just setup`");
    fs_err::create_dir(&path).unwrap();
    let message = runtime::load_from(data.path()).unwrap_err().to_string();
    assert!(message.ends_with("libonnxruntime.so is not a regular file"), "{message}");
}
