#![allow(clippy::unwrap_used)]

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use super::*;
use crate::archive::{from_sdist, sha256_file};
use crate::part::Package;

/// A folder with one package, and a stand-in for pip that serves it.
struct Index {
    folder: TempDir,
    part: Part,
}

/// Writes a stand-in for pip. It accepts `--version` and runs `script` for a download. `$dest` is the target folder.
fn pip(folder: &Path, script: &str) -> String {
    let path = folder.join("fake pip");
    let text = format!(
        "#!/bin/sh\n[ \"$1\" = --version ] && exit 0\n\
         while [ $# -gt 0 ]; do [ \"$1\" = --dest ] && dest=$2; shift; done\nmkdir -p \"$dest\"\n{script}\n"
    );
    fs_err::write(&path, text).unwrap();
    fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

fn sdist(path: &Path) {
    let mut archive = tar::Builder::new(GzEncoder::new(fs_err::File::create(path).unwrap(), Compression::fast()));
    for (name, bytes) in [("pets-1.0/PKG-INFO", &b"pets"[..]), ("pets-1.0/pets/cat.bin", b"meow")] {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append_data(&mut header, name, bytes).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap();
}

fn part(sha256: &'static str) -> Part {
    Part {
        name: "pets".to_owned(),
        package: Package { name: "pets", version: "1.0", sha256, bytes: 200, options: &[] },
        source: "first".to_owned(),
        files: vec!["pets/a.bin".to_owned(), "pets/b.bin".to_owned()],
        make: Box::new(|sdist, _| {
            let cat = from_sdist(sdist, "pets/cat.bin")?;
            Ok(vec![("pets/a.bin".to_owned(), cat.clone()), ("pets/b.bin".to_owned(), [cat, b"!".to_vec()].concat())])
        }),
    }
}

impl Index {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pets-1.0.tar.gz");
        sdist(&path);
        let sha256 = sha256_file(&path).unwrap().leak();
        Self { folder, part: part(sha256) }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn serve(&self) -> String {
        let sdist = self.folder.path().join("pets-1.0.tar.gz");
        pip(self.folder.path(), &format!("sleep 0.2\ncp '{}' \"$dest\"", sdist.display()))
    }

    /// Installs with the command `pip`.
    fn install(&self, pip: &str) -> Result<usize> {
        let session = Session { data: &self.data(), quiet: true, pip: Some(pip.to_owned()) };
        session.install(std::slice::from_ref(&self.part), false)
    }

    fn reasons(&self) -> Vec<String> {
        let session = Session { data: &self.data(), quiet: true, pip: None };
        let reasons = session.reasons(std::slice::from_ref(&self.part), false);
        let data = self.data().display().to_string();
        reasons.iter().map(|(_, reason)| reason.to_string().replace(&data, "DATA")).collect()
    }

    fn assert_installed(&self) {
        assert_eq!(fs_err::read(self.data().join("pets/a.bin")).unwrap(), b"meow");
        assert_eq!(fs_err::read(self.data().join("pets/b.bin")).unwrap(), b"meow!");
        assert_eq!(self.reasons(), Vec::<String>::new());
        let names = fs_err::read_dir(self.data()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.collect();
        names.sort();
        assert_eq!(names, [".setup.lock", "pets", "setup.json"]);
    }
}

#[test]
fn a_second_run_needs_no_pip() {
    let index = Index::new();
    assert_eq!(index.reasons(), ["not installed"]);
    assert!(!index.data().exists(), "computing the reasons must write nothing");
    assert_eq!(index.install(&index.serve()).unwrap(), 1);
    index.assert_installed();
    assert_eq!(index.install("/no/such/pip").unwrap(), 0);
}

#[test]
fn damaged_missing_and_outdated_parts_are_installed_again() {
    let mut index = Index::new();
    index.install(&index.serve()).unwrap();
    fs_err::write(index.data().join("pets/b.bin"), b"woof!").unwrap();
    assert_eq!(index.reasons(), ["DATA/pets/b.bin is damaged"]);
    assert_eq!(index.install(&index.serve()).unwrap(), 1);
    index.assert_installed();
    fs_err::remove_file(index.data().join("pets/a.bin")).unwrap();
    assert_eq!(index.reasons(), ["DATA/pets/a.bin is missing"]);
    index.install(&index.serve()).unwrap();
    index.assert_installed();
    index.part.source = "second".to_owned();
    assert_eq!(index.reasons(), ["installed from another source"]);
    index.install(&index.serve()).unwrap();
    index.assert_installed();
    fs_err::write(index.data().join("setup.json"), "{ half a rec").unwrap();
    assert_eq!(index.reasons(), ["not installed"]);
}

#[test]
fn two_processes_install_once_and_leave_complete_files() {
    let index = Index::new();
    let pip = index.serve();
    let (data, sha256) = (index.data(), index.part.package.sha256);
    let run = || Session { data: &data, quiet: true, pip: Some(pip.clone()) }.install(&[part(sha256)], false).unwrap();
    let mut counts = std::thread::scope(|scope| {
        let other = scope.spawn(run);
        [run(), other.join().unwrap()]
    });
    counts.sort_unstable();
    assert_eq!(counts, [0, 1]);
    index.assert_installed();
}

#[test]
fn the_folders_of_killed_processes_are_removed() {
    let index = Index::new();
    fs_err::create_dir_all(index.data().join(".setup-gone/download")).unwrap();
    fs_err::write(index.data().join(".setup-gone/download/half"), b"half").unwrap();
    index.install(&index.serve()).unwrap();
    index.assert_installed();
}

#[test]
fn a_file_with_another_hash_is_not_used() {
    let index = Index::new();
    let other = pip(index.folder.path(), "echo woof > \"$dest/pets-1.0.tar.gz\"");
    let error = pipeline::error::render(&index.install(&other).unwrap_err());
    assert!(error.starts_with("error: the package index has another file for pets 1.0"), "{error}");
    assert!(!index.data().join("pets").exists());
    assert_eq!(index.reasons(), ["not installed"]);
}

#[test]
fn a_package_without_the_file_installs_nothing() {
    let mut index = Index::new();
    index.part.make = Box::new(|sdist, _| from_sdist(sdist, "pets/dog.bin").map(|_| Vec::new()));
    let error = index.install(&index.serve()).unwrap_err().to_string();
    assert!(error.ends_with("pets-1.0.tar.gz does not contain `pets/dog.bin`"), "{error}");
    assert!(!index.data().join("pets").exists());
}
