//! `justw` installs just only from files with known hashes.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

#[test]
fn pip_gets_the_hashes_of_all_wheels_of_the_version() {
    let root = testkit::workspace_root();
    let folder = tempfile::tempdir().unwrap();
    for file in ["justw", "justw.requirements.txt"] {
        fs_err::copy(root.join(file), folder.path().join(file)).unwrap();
    }
    // A stand-in for Python that has pip and writes down what pip would do. `just` is not on the path.
    let tools = folder.path().join("tools");
    fs_err::create_dir(&tools).unwrap();
    let python = tools.join("python3");
    let log = folder.path().join("log");
    fs_err::write(
        &python,
        format!("#!/bin/sh\n[ \"$3\" = --version ] && exit 0\necho \"$@\" > '{}'\nexit 1\n", log.display()),
    )
    .unwrap();
    fs_err::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
    for tool in ["dirname", "rm", "mkdir", "mv"] {
        let found = ["/usr/bin", "/bin"].map(|folder| std::path::Path::new(folder).join(tool));
        let found = found.into_iter().find(|path| path.is_file()).unwrap();
        fs_err::os::unix::fs::symlink(found, tools.join(tool)).unwrap();
    }
    let output = Command::new("/bin/sh").arg(folder.path().join("justw")).env("PATH", &tools).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let arguments = fs_err::read_to_string(log).unwrap();
    for argument in ["--only-binary=:all:", "--no-deps", "--require-hashes", "--requirement justw.requirements.txt"] {
        assert!(arguments.contains(argument), "{arguments}");
    }
    let script = fs_err::read_to_string(root.join("justw")).unwrap();
    let version = script.lines().find_map(|line| line.strip_prefix("version=")).unwrap();
    let requirements = fs_err::read_to_string(root.join("justw.requirements.txt")).unwrap();
    let names: Vec<&str> = requirements.lines().filter(|line| line.contains("==")).collect();
    assert_eq!(names, [format!("rust-just=={version} \\")]);
    let hashes = requirements.lines().filter(|line| line.trim().starts_with("--hash=sha256:")).count();
    assert_eq!(hashes, 16, "one for each platform");
}
