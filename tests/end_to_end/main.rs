//! The stages' binaries, run one after another as a user runs them.
//!
//! They need `./justw setup` to have installed the runtime and the networks, and the binaries to be
//! built; `./justw test` does both first.
#![allow(clippy::unwrap_used, missing_docs)]

mod contract;
mod errors;
mod folders;
mod hostile;
mod job;
mod photos;
mod resume;

use std::process::Output;

use testkit::{Workspace, binary, workspace_root};

pub(crate) use ::contract::STAGES;

/// A small run on `pictures/`, quick in every stage. `more` is added to its end.
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
path = "pictures"
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

/// Runs one stage with some arguments.
pub(crate) fn stage(workspace: &Workspace, name: &str, args: &[&str]) -> Output {
    workspace.run(binary(name), args)
}

/// Runs one stage, which must succeed, and gives what it said on stderr.
pub(crate) fn succeed(workspace: &Workspace, name: &str, args: &[&str]) -> String {
    let output = stage(workspace, name, args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{name} {args:?} ended with {}:\n{said}", output.status);
    said
}

/// Runs all five stages, which must succeed.
pub(crate) fn all(workspace: &Workspace, args: &[&str]) -> Vec<String> {
    STAGES.iter().map(|name| succeed(workspace, name, args)).collect()
}
