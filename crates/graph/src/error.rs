//! What can go wrong with a graph. Every message starts with the file (or the name) of the model it is about.

use std::path::PathBuf;

/// A model could not be read, understood, edited or differentiated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file could not be read.
    #[error("{}: cannot read it: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file could not be written.
    #[error("{}: cannot write it: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The bytes are not an ONNX model, or one that contradicts itself.
    #[error("{model}: not a usable ONNX model: {reason}")]
    Malformed {
        /// The model's file or name.
        model: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A tensor keeps its values in a second file, which this crate does not follow.
    #[error(
        "{model}: tensor `{tensor}` keeps its values in another file (`{location}`): save the model as one single file"
    )]
    ExternalData {
        /// The model's file or name.
        model: String,
        /// The tensor.
        tensor: String,
        /// The file that the model names.
        location: String,
    },
    /// The model has no tensor of this name.
    #[error("{model}: there is no tensor `{tensor}`{}", offer(nearest))]
    UnknownTensor {
        /// The model's file or name.
        model: String,
        /// The name that was asked for.
        tensor: String,
        /// The names that look most like it, best first.
        nearest: Vec<String>,
    },
    /// A tensor is not what was expected of it.
    #[error("{model}: tensor `{tensor}`: {reason}")]
    Tensor {
        /// The model's file or name.
        model: String,
        /// The tensor.
        tensor: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A node cannot be handled.
    #[error("{model}: node `{node}` ({operator}): {reason}")]
    Node {
        /// The model's file or name.
        model: String,
        /// The node's name, or its first output where it has none.
        node: String,
        /// Its operator.
        operator: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A node stands in the way of a gradient.
    #[error("{model}: node `{node}` ({operator}): {reason}{}", depth(deepest.as_deref()))]
    Gradient {
        /// The model's file or name.
        model: String,
        /// The node's name, or its first output where it has none.
        node: String,
        /// Its operator.
        operator: String,
        /// Why no gradient gets past it.
        reason: String,
        /// Where a layer above it can be tuned, the deepest such one.
        deepest: Option<String>,
    },
    /// The model is sound, but not what was asked for can be done with it.
    #[error("{model}: {reason}")]
    Unsuitable {
        /// The model's file or name.
        model: String,
        /// Why it cannot be done.
        reason: String,
    },
    /// Two models do not fit together.
    #[error("cannot put `{head}` on top of `{trunk}`: {reason}")]
    Mismatch {
        /// The lower model's file or name.
        trunk: String,
        /// The upper model's file or name.
        head: String,
        /// Why they do not fit.
        reason: String,
    },
}

fn depth(deepest: Option<&str>) -> String {
    deepest.map(|layer| format!("; the deepest layer that can be tuned is `{layer}`")).unwrap_or_default()
}

fn offer(nearest: &[String]) -> String {
    match nearest {
        [] => String::new(),
        names => format!("; the nearest are {}", quoted(names)),
    }
}

/// "`a`, `b`, `c`".
pub(crate) fn quoted<S: AsRef<str>>(names: &[S]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    quoted.join(", ")
}
