//! Tests of files that cannot be loaded as ONNX Runtime. No test in this file loads ONNX Runtime, because a process can load only
//! one library.
#![allow(clippy::unwrap_used)]

#[allow(dead_code, reason = "not every test loads")]
use std::path::Path;

use crate::common;

fn error_of(path: &Path) -> String {
    runtime::load(path).unwrap_err().to_string()
}

#[test]
fn the_error_for_a_missing_file_names_it() {
    let message = error_of(Path::new("no/such/libonnxruntime.so"));
    assert_eq!(message, "the ONNX Runtime library no/such/libonnxruntime.so does not exist");
}

#[test]
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn a_file_that_is_not_a_library_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text.so");
    fs_err::write(&path, "no library").unwrap();
    assert!(error_of(&path).ends_with("text.so cannot be loaded as a library: it is not an ELF file"));
    assert!(error_of(folder.path()).contains("cannot be loaded as a library"));
}

#[test]
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn a_truncated_library_is_rejected_before_the_system_loads_it() {
    let folder = tempfile::tempdir().unwrap();
    let whole = fs_err::read(common::library()).unwrap();
    for length in [10, 64, 3000, whole.len() / 2] {
        let path = folder.path().join(format!("{length}.so"));
        fs_err::write(&path, &whole[..length]).unwrap();
        let message = error_of(&path);
        assert!(message.contains("cannot be loaded as a library: it "), "{message}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_library_other_than_onnx_runtime_is_rejected() {
    let maps = fs_err::read_to_string("/proc/self/maps").unwrap();
    let other = maps.lines().find_map(|line| line.find('/').map(|at| &line[at..]).filter(|path| path.contains("libc")));
    let message = error_of(Path::new(other.unwrap()));
    assert!(message.ends_with("is a library, but not ONNX Runtime: it does not export OrtGetApiBase"), "{message}");
}
