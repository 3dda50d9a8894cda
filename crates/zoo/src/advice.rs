//! Hints: what the user can do about an error. The hint depends on who made the network: `setup`, `train` or the user.

use std::path::Path;

use crate::ZooError;
use crate::sources::{source, sources};

impl ZooError {
    /// Returns what the user can do about the error.
    pub fn advice(&self) -> String {
        match self {
            Self::NotInstalled { name, path } if source(name).is_err() => format!(
                "`just setup` installs {}; a network of your own needs {} and {} in that folder",
                sources().iter().map(|source| source.network).collect::<Vec<_>>().join(", "),
                path.file_name().unwrap_or_default().to_string_lossy(),
                crate::MODEL
            ),
            Self::NotInstalled { name, .. } => format!("run `just setup --network {name}`"),
            Self::InstalledFile { .. } | Self::Changed { .. } | Self::NoReceipt { .. } => {
                "run `just setup`: it installs the missing and the changed files again, and keeps the changed files"
                    .to_owned()
            }
            Self::Name(_) => "name a folder below data/networks/, such as alexnet".to_owned(),
            Self::Mismatch { path, .. } => match maker(path) {
                Maker::User => "export the model for any number of images, channels first, as in \
                    `torch.onnx.export(..., dynamic_axes={\"input\": {0: \"n\"}})`, or correct network.json"
                    .to_owned(),
                made => made.again().to_owned(),
            },
            Self::Description { path, .. } => match maker(path) {
                Maker::User => "correct the description: docs/networks.md has its keys".to_owned(),
                made => made.again().to_owned(),
            },
            Self::Altered { path, found, .. } => match maker(path) {
                Maker::User => {
                    format!("if you exported the model again, write `\"sha256\": \"{found}\"` into network.json")
                }
                made => made.again().to_owned(),
            },
            Self::File { path, .. } => match maker(path) {
                Maker::User => "check that the file exists and can be read".to_owned(),
                made => made.again().to_owned(),
            },
            Self::Model { path, source } => match maker(path) {
                Maker::User => source.advice().to_owned(),
                made => made.again().to_owned(),
            },
            Self::Graph(error) => error.advice().to_owned(),
            _ => "run `just setup`".to_owned(),
        }
    }
}

/// Who made a network.
enum Maker {
    Setup,
    Train,
    User,
}

impl Maker {
    /// Returns the advice for making a damaged network again.
    fn again(&self) -> &'static str {
        match self {
            Self::Train => "run `just train --force`",
            _ => "run `just setup`",
        }
    }
}

/// Returns who made the network that a file belongs to.
fn maker(path: &Path) -> Maker {
    let folder = path.parent().unwrap_or(Path::new(""));
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if source(name).is_ok() {
        Maker::Setup
    } else if folder.join(crate::TUNED_DESCRIPTION).exists() {
        Maker::Train
    } else {
        Maker::User
    }
}
