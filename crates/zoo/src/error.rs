//! Errors of the crate. A message names the file or the network.

use std::path::PathBuf;

use thiserror::Error;

use crate::pickle::PickleError;

/// A network that cannot be found, read, checked or imported.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ZooError {
    /// No network of this name is installed.
    #[error("network `{name}` is not installed: {} does not exist", path.display())]
    NotInstalled {
        /// The name of the network.
        name: String,
        /// The missing file.
        path: PathBuf,
    },
    /// The name is not allowed, because it could lead out of the folder of networks.
    #[error(
        "`{0}` is not the name of a network: a name has only letters, digits, `.`, `-` and `_`, and does not start with `.`"
    )]
    Name(String),
    /// A file cannot be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        error: std::io::Error,
    },
    /// A file of a network that `setup` installed cannot be read.
    #[error("{}: {error}", path.display())]
    InstalledFile {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        error: std::io::Error,
    },
    /// The description is not valid.
    #[error("{}: not a description of a network: {reason}", path.display())]
    Description {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The model is not the one that the description belongs to.
    #[error("{}: altered or truncated: its SHA-256 is {found}, but its description says {expected}", path.display())]
    Altered {
        /// The file of the model.
        path: PathBuf,
        /// The SHA-256 in the description.
        expected: String,
        /// The SHA-256 of the file.
        found: String,
    },
    /// The description of an installed network is not the one that `setup` wrote.
    #[error("{}: changed or damaged since `setup` installed it", path.display())]
    Changed {
        /// The file of the description.
        path: PathBuf,
    },
    /// Nothing tells whether the files of a network are those that `setup` installed.
    #[error("{}: missing or damaged, so nothing tells whether the network `{name}` is unchanged", path.display())]
    NoReceipt {
        /// The name of the network.
        name: String,
        /// The list of installed files.
        path: PathBuf,
    },
    /// The model is not the one that the description describes.
    #[error("{}: does not fit its description: {reason}", path.display())]
    Mismatch {
        /// The file of the model.
        path: PathBuf,
        /// What is different.
        reason: String,
    },
    /// The model cannot be read, or it is not safe to run.
    #[error("{source}")]
    Model {
        /// The file of the model.
        path: PathBuf,
        /// The problem. Its message names the file.
        source: Box<graph::Error>,
    },
    /// `setup` cannot install the network.
    #[error("`setup` cannot install the network `{name}`, only {known}")]
    UnknownSource {
        /// The name of the network.
        name: String,
        /// All networks with a source, separated by commas.
        known: String,
    },
    /// The weights are not the file that the source describes.
    #[error("{file}: not the expected file: its SHA-256 is {found} instead of {expected}")]
    Hash {
        /// The path of the weights in the package.
        file: String,
        /// The SHA-256 in the source.
        expected: String,
        /// The SHA-256 of the bytes.
        found: String,
    },
    /// The weights cannot be read.
    #[error(transparent)]
    Pickle(#[from] PickleError),
    /// An array of the weights is missing or has an unexpected shape.
    #[error("{file}: array `{array}` {reason}")]
    Weights {
        /// The path of the weights in the package.
        file: String,
        /// The path of the array in the file.
        array: String,
        /// What is wrong.
        reason: String,
    },
    /// The graph cannot be built.
    #[error(transparent)]
    Graph(#[from] graph::Error),
}
