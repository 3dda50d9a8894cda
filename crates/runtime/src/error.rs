//! What can go wrong between this project and ONNX Runtime.

use std::path::PathBuf;

use crate::VERSION;

/// An error of ONNX Runtime, or in reaching it. The message names the file.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// There is no library at the path.
    #[error("the ONNX Runtime library {} does not exist", path.display())]
    Missing {
        /// Path of the library.
        path: PathBuf,
    },
    /// The file is there, but the system's loader does not take it.
    #[error("{} cannot be loaded as a library: {reason}", path.display())]
    NotALibrary {
        /// Path of the library.
        path: PathBuf,
        /// What the loader says.
        reason: String,
    },
    /// A library, but another one.
    #[error("{} is a library, but not ONNX Runtime: it does not export OrtGetApiBase", path.display())]
    NotOnnxRuntime {
        /// Path of the library.
        path: PathBuf,
    },
    /// ONNX Runtime of a version whose training is not known to work.
    #[error("{} is ONNX Runtime {found}; version {VERSION} is needed", path.display())]
    OtherVersion {
        /// Path of the library.
        path: PathBuf,
        /// The version that the library says it has.
        found: String,
    },
    /// ONNX Runtime for inference only.
    #[error("{} is ONNX Runtime {VERSION} built without training", path.display())]
    NoTraining {
        /// Path of the library.
        path: PathBuf,
    },
    /// Another library was loaded before: a process has one.
    #[error("{} cannot be loaded: this process already uses {}", path.display(), loaded.display())]
    AlreadyLoaded {
        /// Path of the library asked for.
        path: PathBuf,
        /// Path of the library in use.
        loaded: PathBuf,
    },
    /// A session was asked for before [`crate::load`].
    #[error("ONNX Runtime is not loaded yet")]
    NotLoaded,
    /// The model's file cannot be read.
    #[error("{model} cannot be read: {source}")]
    Unreadable {
        /// Path of the model.
        model: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// ONNX Runtime does not take the model.
    #[error("{model} is not a model that ONNX Runtime can run: {message}")]
    BadModel {
        /// Path of the model, or what it is.
        model: String,
        /// What ONNX Runtime says.
        message: String,
    },
    /// The model has an input or an output that is not a tensor of 32-bit floats.
    #[error("{model}: `{tensor}` is {found}, not a tensor of 32-bit floats")]
    OtherType {
        /// Path of the model, or what it is.
        model: String,
        /// Name of the input or output.
        tensor: String,
        /// Its type.
        found: String,
    },
    /// The inputs given are not those of the model.
    #[error("{model} takes the inputs {expected}, not {given}")]
    OtherInputs {
        /// Path of the model, or what it is.
        model: String,
        /// Names that the model has.
        expected: String,
        /// Names that were given.
        given: String,
    },
    /// A saved state of a training cannot be gone on from.
    #[error("the saved state of the training cannot be used: {reason}")]
    BadState {
        /// Why not.
        reason: String,
    },
    /// ONNX Runtime failed while it computed.
    #[error("{model}: {message}")]
    Failed {
        /// Path of the model, or what it is.
        model: String,
        /// What ONNX Runtime says.
        message: String,
    },
}

/// What ONNX Runtime says in `error`, without the C++ function and the numeric code that it begins with.
pub(crate) fn said<R>(error: &ort::Error<R>) -> String {
    const MARK: &str = "[ONNXRuntimeError] : ";
    let text = error.to_string();
    let said = match text.rsplit_once(MARK) {
        // "1 : FAIL : the message"
        Some((_, coded)) => coded.splitn(3, " : ").last().unwrap_or(coded),
        None => &text,
    };
    said.trim().to_owned()
}
