//! What can go wrong with a network by name. Every message names the file or the network.

use std::path::PathBuf;

use thiserror::Error;

use crate::pickle::PickleError;

/// A network that could not be found, read, checked or imported.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ZooError {
    /// No network of this name is installed.
    #[error("network `{name}` is not installed: {} does not exist", path.display())]
    NotInstalled {
        /// The name asked for.
        name: String,
        /// The file that should be there.
        path: PathBuf,
    },
    /// The name could lead out of the folder of networks.
    #[error("`{0}` is not the name of a network: letters, digits, `.`, `-` and `_` only, and no `.` first")]
    Name(String),
    /// A file could not be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The description is not what it should be.
    #[error("{}: not a network's description: {reason}", path.display())]
    Description {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The model is not the one that the description was written for.
    #[error("{}: altered or cut short: its sha256 is {found}, its description says {expected}", path.display())]
    Altered {
        /// The model's file.
        path: PathBuf,
        /// From the description.
        expected: String,
        /// Of the bytes on disk.
        found: String,
    },
    /// The network cannot be imported because its name is unknown here.
    #[error("no source of weights for `{name}`; there are: {known}")]
    UnknownSource {
        /// The name asked for.
        name: String,
        /// All names, separated by commas.
        known: String,
    },
    /// The weights are not the file that the source names.
    #[error("{file}: not the expected file: its sha256 is {found}, expected {expected}")]
    Hash {
        /// The weights, as the source names them.
        file: String,
        /// From the source.
        expected: String,
        /// Of the bytes given.
        found: String,
    },
    /// The weights could not be read.
    #[error(transparent)]
    Pickle(#[from] PickleError),
    /// The weights have no such array, or one of another shape.
    #[error("{file}: array `{array}` {reason}")]
    Weights {
        /// The weights, as the source names them.
        file: String,
        /// Its path within the file.
        array: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The graph could not be built.
    #[error(transparent)]
    Graph(#[from] graph::Error),
}
