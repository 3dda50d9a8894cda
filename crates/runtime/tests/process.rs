//! Tests of processes that load the library: they use one library and exit cleanly.
#![allow(clippy::unwrap_used)]

mod common;

use std::process::Command;

/// The environment variable that marks the processes of these tests.
const CHILD: &str = "TUNESCOPE_TEST_CHILD";

#[test]
fn a_session_before_loading_is_an_error() {
    // This needs its own process, because other tests of this binary load the library.
    let output = child("child_opens_a_session");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn the_library_can_be_loaded_twice_but_not_another_one() {
    common::load();
    common::load();
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.so");
    fs_err::copy(common::library(), &copy).unwrap();
    assert!(runtime::load(&copy).unwrap_err().to_string().contains("this process already uses"));
    assert_eq!(runtime::version(), "1.19.2");
}

#[test]
fn processes_that_load_the_library_exit_without_messages() {
    for number in 0..20 {
        let output = child("child_loads");
        assert_eq!(output.status.code(), Some(0), "process {number}: {output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "process {number}");
    }
}

fn child(test: &str) -> std::process::Output {
    let arguments = ["--exact", test, "--nocapture", "--test-threads=1"];
    Command::new(std::env::current_exe().unwrap()).args(arguments).env(CHILD, "1").output().unwrap()
}

#[test]
fn child_loads() {
    if std::env::var_os(CHILD).is_some() {
        common::load();
    }
}

#[test]
fn child_opens_a_session() {
    if std::env::var_os(CHILD).is_some() {
        let mut net = graph::builder::Builder::new("unopened");
        let model = net.batch_input("input", &[3]).finish(&["input"]).unwrap();
        let error = runtime::Session::new(&model, 1).unwrap_err();
        assert_eq!(error.to_string(), "ONNX Runtime is not loaded yet");
    }
}
