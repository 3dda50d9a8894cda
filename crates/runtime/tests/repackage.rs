//! Tests of repackaging the library of ONNX Runtime: the result has known bytes, and other files are rejected.

#[allow(dead_code, reason = "not every test loads")]
use installed::sha256;
use runtime::repackage::{INPUT_SHA256, OUTPUT_SHA256, RepackageError, repackage};

use crate::common;

#[test]
fn the_error_for_another_file_has_its_hash() {
    let error = repackage(b"not a library".to_vec()).unwrap_err();
    assert!(matches!(error, RepackageError::OtherInput { .. }));
    assert_eq!(
        error.to_string(),
        format!("its SHA-256 is f6bb034ecdd65239971cf2fbc49cb6ecef0dc0a192e40c2884e68e3346503e69, not {INPUT_SHA256}")
    );
}

#[test]
fn the_installed_library_is_rejected_as_input() {
    let mut installed = fs_err::read(common::library()).unwrap();
    assert!(repackage(installed.clone()).is_err());
    assert!(repackage(installed[..installed.len() / 2].to_vec()).is_err());
    installed[0x298] ^= 1;
    assert!(repackage(installed).is_err());
}

#[test]
fn the_installed_library_has_the_bytes_of_repackaging() {
    if runtime::named().is_some() {
        println!("skipped: {} names another library", runtime::LIBRARY_VARIABLE);
        return;
    }
    assert_eq!(sha256(&fs_err::read(common::library()).unwrap()), OUTPUT_SHA256);
}
