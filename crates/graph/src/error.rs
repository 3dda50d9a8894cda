//! Errors of the crate. Every message starts with the file or the name of the model.

use std::path::PathBuf;

/// The reason why a model cannot be read, cut, joined or differentiated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file could not be read.
    #[error("{}: cannot read it: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The file could not be written.
    #[error("{}: cannot write it: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The bytes are not an ONNX model, or the model contradicts itself.
    #[error("{model}: not a usable ONNX model: {reason}")]
    Malformed {
        /// The model's file or name.
        model: String,
        /// The problem.
        reason: String,
    },
    /// A tensor keeps its values in another file, which this crate does not read.
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
        /// The unknown name.
        tensor: String,
        /// The most similar names, the best first.
        nearest: Vec<String>,
    },
    /// A tensor does not have the expected form.
    #[error("{model}: tensor `{tensor}`: {reason}")]
    Tensor {
        /// The model's file or name.
        model: String,
        /// The tensor.
        tensor: String,
        /// The problem.
        reason: String,
    },
    /// A node has invalid inputs or attributes, or cannot be converted.
    #[error("{model}: node `{node}` ({operator}): {reason}")]
    Node {
        /// The model's file or name.
        model: String,
        /// The name of the node, or of its first output if the node has no name.
        node: String,
        /// Its operator.
        operator: String,
        /// The problem.
        reason: String,
    },
    /// A node has no gradient.
    #[error("{model}: node `{node}` ({operator}): {reason}{}", depth(deepest.as_deref()))]
    Gradient {
        /// The model's file or name.
        model: String,
        /// The name of the node, or of its first output if the node has no name.
        node: String,
        /// Its operator.
        operator: String,
        /// The reason.
        reason: String,
        /// The deepest layer that can be tuned, if there is one.
        deepest: Option<String>,
    },
    /// The model is sound, but does not allow the operation.
    #[error("{model}: {reason}")]
    Unsuitable {
        /// The model's file or name.
        model: String,
        /// The reason.
        reason: String,
    },
    /// Two models cannot be joined.
    #[error("cannot put `{head}` on top of `{trunk}`: {reason}")]
    Mismatch {
        /// The lower model's file or name.
        trunk: String,
        /// The upper model's file or name.
        head: String,
        /// The reason.
        reason: String,
    },
}

impl Error {
    /// Returns what the user can do about the error.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Read { .. } => "check that the file exists and can be read",
            Self::Write { .. } => "check that the disk is not full and the folder can be written",
            Self::Malformed { .. } => "export the model again, or fetch the file again",
            Self::ExternalData { .. } => {
                "save the model as one file: `onnx.save(onnx.load(\"model.onnx\"), \"one.onnx\")`"
            }
            Self::UnknownTensor { .. } => "use one of the names of the model",
            Self::Gradient { .. } => "train only layers above that operator",
            Self::Mismatch { .. } => "export the model in a recent operator set",
            Self::Tensor { .. } | Self::Node { .. } | Self::Unsuitable { .. } => {
                "export the network for inference as one plain graph with fixed sizes, without loops and functions: \
                 docs/networks.md says what a network may contain"
            }
        }
    }
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

/// Returns names as text: "`a`, `b`, `c`".
pub(crate) fn quoted<S: AsRef<str>>(names: &[S]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    quoted.join(", ")
}
