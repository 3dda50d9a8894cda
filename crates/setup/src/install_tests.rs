#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use fs_err::os::unix::fs::symlink;
use tempfile::TempDir;
use testkit::Server;
use testkit::server::Response;

use super::*;
use crate::archive::from_sdist;
use crate::part::Package;

const FILE: &str = "pets-1.0.tar.gz";

/// A data folder, and an index on loopback with one package.
struct Installation {
    folder: TempDir,
    part: Part,
    server: Server,
}

/// Returns a source distribution. Its build backend creates the file `marker` when something builds it.
fn sdist(marker: &Path) -> Vec<u8> {
    let backend = format!("open({:?}, 'w')\n", marker.display().to_string());
    let project = "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n";
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, bytes) in [
        ("pets-1.0/PKG-INFO", &b"Metadata-Version: 2.1\nName: pets\nVersion: 1.0\n"[..]),
        ("pets-1.0/pyproject.toml", project.as_bytes()),
        ("pets-1.0/backend.py", backend.as_bytes()),
        ("pets-1.0/setup.py", backend.as_bytes()),
        ("pets-1.0/pets/cat.bin", b"meow"),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append_data(&mut header, name, bytes).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

fn part(sdist: &[u8]) -> Part {
    Part {
        name: "pets".to_owned(),
        package: Package {
            name: "pets",
            version: "1.0",
            file: FILE.to_owned(),
            sha256: sha256(sdist).leak(),
            bytes: sdist.len() as u64,
        },
        source: "first".to_owned(),
        files: vec!["pets/a.bin".to_owned(), "pets/b.bin".to_owned()],
        make: Box::new(|sdist, _| {
            let cat = from_sdist(sdist, "pets/cat.bin")?;
            Ok(vec![("pets/a.bin".to_owned(), cat.clone()), ("pets/b.bin".to_owned(), [cat, b"!".to_vec()].concat())])
        }),
    }
}

impl Installation {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sdist = sdist(&folder.path().join("marker"));
        let part = part(&sdist);
        let server = Server::start(move |request| match request.path.as_str() {
            "/simple/pets/" => Response::ok(format!("<a href=/{FILE}>{FILE}</a>")),
            "/pets-1.0.tar.gz" => {
                std::thread::sleep(Duration::from_millis(100));
                Response::file(&sdist, request)
            }
            _ => Response::status(404),
        });
        Self { folder, part, server }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.data().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs_err::read_to_string(self.path(name)).unwrap()
    }

    fn write(&self, name: &str, text: &str) {
        fs_err::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs_err::write(self.path(name), text).unwrap();
    }

    fn settings(&self) -> IndexSettings {
        let variables = BTreeMap::from([
            ("PIP_CONFIG_FILE", OsString::from("/dev/null")),
            ("PIP_INDEX_URL", self.server.url("/simple").into()),
            ("PIP_RETRIES", "0".into()),
        ]);
        IndexSettings::read(&|name| variables.get(name).cloned()).unwrap()
    }

    fn install(&self) -> Result<usize> {
        self.install_with(false)
    }

    fn install_with(&self, force: bool) -> Result<usize> {
        let session = Session { data: &self.data(), quiet: true, settings: Some(self.settings()) };
        session.install(std::slice::from_ref(&self.part), force)
    }

    /// Returns the text of the error of an installation.
    fn failure(&self) -> String {
        let error = pipeline::error::render(&self.install().unwrap_err());
        error.replace(&self.data().display().to_string(), "DATA")
    }

    fn reasons(&self) -> Vec<String> {
        let session = Session { data: &self.data(), quiet: true, settings: None };
        let reasons = session.reasons(std::slice::from_ref(&self.part), false);
        let data = self.data().display().to_string();
        reasons.iter().map(|(_, reason)| reason.to_string().replace(&data, "DATA")).collect()
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let names = fs_err::read_dir(self.path(folder)).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn assert_files(&self) {
        assert_eq!((self.read("pets/a.bin"), self.read("pets/b.bin")), ("meow".to_owned(), "meow!".to_owned()));
        assert_eq!(self.reasons(), Vec::<String>::new());
    }

    fn assert_installed(&self) {
        self.assert_files();
        assert_eq!(self.names(""), [".setup.lock", "pets", "setup.json"]);
        assert_eq!(self.names("pets"), ["a.bin", "b.bin"]);
    }
}

const FOREIGN: &str = "hint: move what is named away and run `setup` again; a network of your own can have a folder of any other name in `networks/`\n";

#[test]
fn nothing_in_the_package_is_run_and_a_second_run_sends_no_request() {
    let place = Installation::new();
    assert_eq!(place.reasons(), ["not installed"]);
    assert!(!place.data().exists(), "computing the reasons must write nothing");
    assert_eq!(place.install().unwrap(), 1);
    place.assert_installed();
    assert!(!place.folder.path().join("marker").exists());
    assert_eq!(place.install().unwrap(), 0);
    assert_eq!(place.server.paths(), ["/simple/pets/", "/pets-1.0.tar.gz"]);
}

#[test]
fn a_changed_file_is_kept_under_another_name_and_installed_again() {
    let place = Installation::new();
    place.install().unwrap();
    for (number, change) in [(1, "woof!"), (2, "meo")] {
        place.write("pets/b.bin", change);
        assert_eq!(place.reasons(), ["DATA/pets/b.bin is damaged or changed"]);
        assert_eq!(place.install().unwrap(), 1);
        place.assert_files();
        assert_eq!(place.read(&format!("pets/b.bin.changed-{number}")), change);
    }
}

#[test]
fn missing_and_outdated_parts_are_installed_again() {
    let mut place = Installation::new();
    place.install().unwrap();
    fs_err::remove_file(place.path("pets/a.bin")).unwrap();
    assert_eq!(place.reasons(), ["DATA/pets/a.bin is missing"]);
    place.install().unwrap();
    place.assert_installed();
    place.part.source = "second".to_owned();
    place.part.make =
        Box::new(|_, _| Ok(vec![("pets/a.bin".into(), b"purr".into()), ("pets/b.bin".into(), b"purr!".into())]));
    assert_eq!(place.reasons(), ["installed from another source"]);
    place.install().unwrap();
    assert_eq!((place.read("pets/a.bin"), place.read("pets/b.bin")), ("purr".to_owned(), "purr!".to_owned()));
    assert_eq!(place.names("pets"), ["a.bin", "b.bin"], "what `setup` installed itself is replaced");
    assert_eq!(place.install_with(true).unwrap(), 1);
}

#[test]
fn a_file_of_the_user_stays_and_is_named() {
    let place = Installation::new();
    place.write("pets/b.bin", "my own");
    assert_eq!(place.reasons(), ["not installed, but DATA/pets/b.bin exists"]);
    for _ in 0..2 {
        let message = "error: not installed by `setup`, and therefore not overwritten: DATA/pets/b.bin\n";
        assert_eq!(place.failure(), format!("{message}{FOREIGN}"));
        assert_eq!(place.read("pets/b.bin"), "my own");
        assert!(!place.path("pets/a.bin").exists(), "a part is installed as a whole or not at all");
    }
    assert!(place.install_with(true).is_err());
    assert_eq!(place.read("pets/b.bin"), "my own");
    fs_err::rename(place.path("pets/b.bin"), place.path("mine.bin")).unwrap();
    place.install().unwrap();
    place.assert_files();
}

#[test]
fn a_link_of_the_user_stays_and_its_target_is_not_written() {
    let place = Installation::new();
    let mine = place.folder.path().join("mine.bin");
    fs_err::write(&mine, "my own").unwrap();
    fs_err::create_dir_all(place.path("pets")).unwrap();
    symlink(&mine, place.path("pets/a.bin")).unwrap();
    assert!(place.failure().contains("not overwritten: DATA/pets/a.bin\n"));
    assert_eq!(fs_err::read_link(place.path("pets/a.bin")).unwrap(), mine);
    fs_err::remove_file(place.path("pets/a.bin")).unwrap();
    place.install().unwrap();
    // A link at the path of an installed file is a change.
    fs_err::remove_file(place.path("pets/a.bin")).unwrap();
    symlink(&mine, place.path("pets/a.bin")).unwrap();
    place.install().unwrap();
    place.assert_files();
    assert_eq!(fs_err::read_link(place.path("pets/a.bin.changed-1")).unwrap(), mine);
    assert_eq!(fs_err::read_to_string(&mine).unwrap(), "my own");
}

#[test]
fn files_with_the_same_bytes_are_taken_over() {
    let place = Installation::new();
    place.install().unwrap();
    let inode = |name| std::os::unix::fs::MetadataExt::ino(&fs_err::metadata(place.path(name)).unwrap());
    let before = inode("pets/a.bin");
    fs_err::remove_file(place.path("setup.json")).unwrap();
    assert_eq!(place.reasons(), ["not installed, but DATA/pets/a.bin exists"]);
    place.install().unwrap();
    place.assert_installed();
    assert_eq!(inode("pets/a.bin"), before);
    place.write("setup.json", "{ half a rec");
    place.install().unwrap();
    place.assert_files();
    assert_eq!(place.read("setup.json.changed-1"), "{ half a rec");
}

#[test]
fn a_folder_in_the_place_of_a_file_and_the_reverse_are_named() {
    let place = Installation::new();
    fs_err::create_dir_all(place.path("pets/a.bin/mine")).unwrap();
    assert!(
        place
            .failure()
            .starts_with("error: DATA/pets/a.bin is a folder, and `setup` needs a file there\nhint: move it away")
    );
    fs_err::remove_dir_all(place.path("pets")).unwrap();
    place.write("pets", "my notes");
    assert!(
        place.failure().starts_with("error: DATA/pets is a file, and `setup` needs a folder there\nhint: move it away")
    );
    assert_eq!(place.read("pets"), "my notes");
    fs_err::remove_file(place.path("pets")).unwrap();
    for (name, kind) in [("setup.json", "file"), (".setup.lock", "file"), (".setup", "folder")] {
        // Earlier attempts have left their lock and their temporary files.
        fs_err::remove_file(place.path(name)).or_else(|_| fs_err::remove_dir_all(place.path(name))).ok();
        if kind == "file" {
            fs_err::create_dir_all(place.path(name)).unwrap();
        } else {
            place.write(name, "mine");
        }
        let other = if kind == "file" { "folder" } else { "file" };
        let expected = format!("error: DATA/{name} is a {other}, and `setup` needs a {kind} there\n");
        assert!(place.failure().starts_with(&expected), "{}", place.failure());
        if kind == "file" { fs_err::remove_dir(place.path(name)) } else { fs_err::remove_file(place.path(name)) }
            .unwrap();
    }
    assert!(place.server.paths().is_empty(), "nothing is downloaded before");
    place.install().unwrap();
    place.assert_installed();
}

#[test]
fn links_do_not_lead_the_lock_and_the_temporary_files_out_of_the_folder() {
    let place = Installation::new();
    let outside = place.folder.path().join("outside");
    fs_err::create_dir_all(outside.join("mine")).unwrap();
    fs_err::create_dir_all(place.data()).unwrap();
    symlink(outside.join("lock"), place.path(".setup.lock")).unwrap();
    assert!(place.failure().starts_with("error: DATA/.setup.lock is a link, and `setup` needs a file there\n"));
    assert!(!outside.join("lock").exists());
    fs_err::remove_file(place.path(".setup.lock")).unwrap();
    symlink(&outside, place.path(".setup")).unwrap();
    assert!(place.failure().starts_with("error: DATA/.setup was not created by `setup`\n"));
    assert!(outside.join("mine").exists());
}

#[test]
fn the_files_of_a_killed_process_are_removed_and_others_are_not() {
    let place = Installation::new();
    place.write(".setup/created-by-setup", "");
    place.write(".setup/scratch/publish", "half");
    place.write(".setup-mine/notes.txt", "my notes");
    place.install().unwrap();
    place.assert_files();
    assert_eq!(place.read(".setup-mine/notes.txt"), "my notes");
    assert!(!place.path(".setup").exists());
    place.write(".setup/notes.txt", "my notes");
    fs_err::remove_file(place.path("pets/a.bin")).unwrap();
    assert!(place.failure().starts_with("error: DATA/.setup was not created by `setup`\n"));
    assert_eq!(place.read(".setup/notes.txt"), "my notes");
}

#[test]
fn a_read_only_folder_can_be_up_to_date() {
    let place = Installation::new();
    place.install().unwrap();
    let set = |mode| fs_err::set_permissions(place.data(), std::fs::Permissions::from_mode(mode)).unwrap();
    fs_err::remove_file(place.path(".setup.lock")).unwrap();
    set(0o555);
    let installed = place.install();
    set(0o755);
    assert_eq!(installed.unwrap(), 0);
    assert!(!place.path(".setup.lock").exists());
}

#[test]
fn two_processes_install_once_and_leave_complete_files() {
    let place = Installation::new();
    let (data, settings, bytes) = (place.data(), place.settings(), sdist(&place.folder.path().join("marker")));
    let run = || {
        let session = Session { data: &data, quiet: true, settings: Some(settings.clone()) };
        session.install(&[part(&bytes)], false).unwrap()
    };
    let mut counts = std::thread::scope(|scope| {
        let other = scope.spawn(run);
        [run(), other.join().unwrap()]
    });
    counts.sort_unstable();
    assert_eq!(counts, [0, 1]);
    place.assert_installed();
}

#[test]
fn a_file_with_another_hash_is_not_used() {
    let mut place = Installation::new();
    place.part.package.sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let error = place.failure();
    assert!(
        error.starts_with("error: the package index has another file `pets-1.0.tar.gz`: its SHA-256 is "),
        "{error}"
    );
    assert!(!place.path("pets").exists());
    assert!(!place.folder.path().join("marker").exists());
    assert_eq!(place.reasons(), ["not installed"]);
}

#[test]
fn a_package_without_the_file_installs_nothing() {
    let mut place = Installation::new();
    place.part.make = Box::new(|sdist, _| from_sdist(sdist, "pets/dog.bin").map(|_| Vec::new()));
    let error = place.install().unwrap_err().to_string();
    assert!(error.ends_with("pets-1.0.tar.gz does not contain `pets/dog.bin`"), "{error}");
    assert!(!place.path("pets").exists());
}
