//! End-to-end tests: they run the binaries of the stages as a user does.
//!
//! The tests need the runtime and the networks from `./justw setup`, and the binaries of all stages. `./justw test` installs
//! and builds both.
#![allow(clippy::unwrap_used, missing_docs)]

mod contract;
mod errors;
mod folders;
mod hostile;
#[cfg(unix)]
mod injection;
mod job;
mod models;
mod odd_files;
mod outputs_stay;
mod photos;
mod resume;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

use testkit::{Workspace, binary, workspace_root};

use ::contract::stages::REPORT;

pub(crate) use ::contract::STAGES;

/// Returns the names of all folders below `artifacts/`. The binary `analyze` writes the folders of two stages.
pub(crate) fn folders() -> impl Iterator<Item = &'static str> {
    STAGES.into_iter().chain([REPORT])
}

/// Returns every file below `folder` with its content.
pub(crate) fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(content(&path));
        } else {
            files.insert(path.clone(), fs_err::read(&path).unwrap());
        }
    }
    files
}

/// Creates a workspace for a short run on the folder `photos/`. `more` is added to the end of its configuration.
pub(crate) fn small_run(more: &str) -> Workspace {
    let data = workspace_root().join("data");
    assert!(
        data.join("networks/alexnet/model.onnx").is_file(),
        "no network in {}: run `./justw setup` first",
        data.display()
    );
    Workspace::new(&format!(
        r#"
data = '{}'
[[scrape.sources]]
kind = "folder"
path = "photos"
[train]
batch_size = 8
max_epochs = 4
[train.sweep]
learning_rate = [0.001]
dropout = [0.5]
hidden = [[], [8]]
[analyze]
pictures_per_class = 1
layers = ["conv1", "pool5"]
[analyze.occlusion]
patch = 112
stride = 56
[analyze.tsne]
iterations = 100
{more}
"#,
        data.display()
    ))
}

/// Runs a stage with the arguments `args`.
pub(crate) fn stage(workspace: &Workspace, name: &str, args: &[&str]) -> Output {
    workspace.run(binary(name), args)
}

/// Runs a stage, checks that it succeeds, and returns its stderr.
pub(crate) fn succeed(workspace: &Workspace, name: &str, args: &[&str]) -> String {
    let output = stage(workspace, name, args);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{name} {args:?} exited with {}:\n{text}", output.status);
    text
}

/// Runs all stages, checks that they succeed, and returns the stderr of each.
pub(crate) fn all(workspace: &Workspace, args: &[&str]) -> Vec<String> {
    STAGES.iter().map(|name| succeed(workspace, name, args)).collect()
}
