//! Fault injection at random: damaged files, kills, full disks and damaged images.
//!
//! The tests are ignored, because they take long. docs/artifacts.md has the command. `FAULTS` is the number of faults of each test
//! (default 50), and `SEED` chooses them (default 1).

mod damage;
mod damaged_images;
mod disk;
mod kills;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use testkit::{Workspace, binary, images, workspace_root};

use crate::{STAGES, content};

/// Returns the number in an environment variable.
fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(number("SEED", 1))
}

/// Returns a workspace with its own copies of the runtime and the network SqueezeNet, two classes of images, and a file of the user
/// below `artifacts`.
fn workspace() -> Workspace {
    let workspace = Workspace::new(
        r#"
[model]
network = "squeezenet"
[[scrape.sources]]
kind = "folder"
path = "photos"
[train]
batch_size = 8
max_epochs = 3
[train.sweep]
learning_rate = [0.001]
dropout = [0.5]
hidden = [[]]
[analyze]
pictures_per_class = 1
[analyze.occlusion]
patch = 112
stride = 56
[analyze.tsne]
iterations = 100
"#,
    );
    let data = workspace_root().join("data");
    for part in ["runtime", "networks/squeezenet", "setup.json"] {
        copy(&data.join(part), &workspace.join("data").join(part));
    }
    images::write_classes(&workspace.join("photos"), &["disc", "stripes"], 10, 96);
    workspace.write("artifacts/mine.txt", "mine");
    workspace
}

/// Copies a file, or a folder with its content.
fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs_err::create_dir_all(to).unwrap();
        for entry in fs_err::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs_err::create_dir_all(to.parent().unwrap()).unwrap();
        fs_err::copy(from, to).unwrap();
    }
}

/// Runs a stage to its end, without standard input.
fn run(workspace: &Workspace, name: &str, args: &[&str]) -> Output {
    workspace.command(binary(name)).args(args).stdin(Stdio::null()).output().unwrap()
}

/// Counts how the runs ended.
#[derive(Debug, Default)]
struct Counts(BTreeMap<String, usize>);

impl Counts {
    /// Counts a run. Returns its exit code.
    ///
    /// # Panics
    /// Panics when a signal ended the run, when the program panicked, or when an error has no hint. `classify` gives the reason
    /// for each image instead.
    fn add(&mut self, output: &Output, what: &dyn Debug) -> i32 {
        let text = String::from_utf8_lossy(&output.stderr);
        let code = output.status.code().unwrap_or_else(|| panic!("{what:?}: {}: {text}", output.status));
        assert!(!text.contains("panicked"), "{what:?}: {text}");
        assert!(matches!(code, 0..=4), "{what:?}: exit code {code}: {text}");
        let is_explained = text.contains("hint: ") || text.contains("could not be classified");
        assert!(!matches!(code, 1 | 2) || is_explained, "{what:?}: no hint: {text}");
        *self.0.entry(format!("exit code {code}")).or_default() += 1;
        code
    }
}

/// The manifests of all stages and the files of the user, as they are before a fault.
struct Whole {
    manifests: Vec<Vec<u8>>,
    photos: BTreeMap<PathBuf, Vec<u8>>,
}

impl Whole {
    /// Runs all stages.
    fn of(workspace: &Workspace) -> Self {
        for name in STAGES {
            let output = run(workspace, name, &["--quiet"]);
            assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Self { manifests: manifests(workspace), photos: content(&workspace.join("photos")) }
    }

    /// Checks that the stages made the same outputs again, and that the files of the user are as before.
    fn check(&self, workspace: &Workspace, what: &dyn Debug) {
        assert!(manifests(workspace) == self.manifests, "{what:?}: other outputs");
        assert!(content(&workspace.join("photos")) == self.photos, "{what:?}: the photos changed");
        assert_eq!(workspace.text("artifacts/mine.txt"), "mine", "{what:?}");
        let entries = fs_err::read_dir(workspace.join("artifacts")).unwrap();
        let names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        let left: Vec<&String> = names.iter().filter(|name| name.starts_with('.') && *name != ".writer.lock").collect();
        assert!(left.is_empty(), "{what:?}: {left:?} are left");
    }
}

fn manifests(workspace: &Workspace) -> Vec<Vec<u8>> {
    STAGES.map(|name| fs_err::read(workspace.join(format!("artifacts/{name}/manifest.csv"))).unwrap()).into()
}
