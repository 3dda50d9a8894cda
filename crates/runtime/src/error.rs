//! Errors of ONNX Runtime.

use std::path::PathBuf;

use crate::repackage::OUTPUT_SHA256;
use crate::version::VERSION;

/// An error of ONNX Runtime, or of loading it. The message names the file.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// There is no library at the path.
    #[error("the ONNX Runtime library {} does not exist", path.display())]
    Missing {
        /// Path of the library.
        path: PathBuf,
    },
    /// The system cannot load the file.
    #[error("{} cannot be loaded as a library: {reason}", path.display())]
    NotALibrary {
        /// Path of the library.
        path: PathBuf,
        /// The message of the loader.
        reason: String,
    },
    /// The library in the data folder is not the one that `setup` installs.
    #[error("{} is damaged or changed: its SHA-256 is {found}, not {OUTPUT_SHA256}", path.display())]
    Changed {
        /// Path of the library.
        path: PathBuf,
        /// SHA-256 of the file, in hexadecimal.
        found: String,
    },
    /// The library is not ONNX Runtime.
    #[error("{} is a library, but not ONNX Runtime: it does not export OrtGetApiBase", path.display())]
    NotOnnxRuntime {
        /// Path of the library.
        path: PathBuf,
    },
    /// The library is another version of ONNX Runtime, whose training is not known to work.
    #[error("{} is ONNX Runtime {found}; version {VERSION} is needed", path.display())]
    OtherVersion {
        /// Path of the library.
        path: PathBuf,
        /// The version that the library reports.
        found: String,
    },
    /// The library was built without training.
    #[error("{} is ONNX Runtime {VERSION} built without training", path.display())]
    NoTraining {
        /// Path of the library.
        path: PathBuf,
    },
    /// The process has loaded another library.
    #[error("{} cannot be loaded: this process already uses {}", path.display(), loaded.display())]
    AlreadyLoaded {
        /// Path of the requested library.
        path: PathBuf,
        /// Path of the library in use.
        loaded: PathBuf,
    },
    /// There was no call of [`crate::load()`] before.
    #[error("ONNX Runtime is not loaded yet")]
    NotLoaded,
    /// ONNX Runtime rejects the model.
    #[error("{model} is not a model that ONNX Runtime can run: {message}")]
    BadModel {
        /// Path or description of the model.
        model: String,
        /// The message of ONNX Runtime.
        message: String,
    },
    /// The model has an input or an output that is not a tensor of 32-bit floats.
    #[error("{model}: `{tensor}` is {found}, not a tensor of 32-bit floats")]
    OtherType {
        /// Path or description of the model.
        model: String,
        /// Name of the input or output.
        tensor: String,
        /// Its type.
        found: String,
    },
    /// The inputs are not those of the model.
    #[error("{model} takes the inputs {expected}, not {given}")]
    OtherInputs {
        /// Path or description of the model.
        model: String,
        /// The names of the model's inputs.
        expected: String,
        /// The names of the given inputs.
        given: String,
    },
    /// A training cannot continue from a saved state.
    #[error("the saved state of the training cannot be used: {reason}")]
    BadState {
        /// The reason.
        reason: String,
    },
    /// The system has not enough memory for the model.
    #[error("{model} needs more memory than the system gives: {message}")]
    OutOfMemory {
        /// Path or description of the model.
        model: String,
        /// The message of ONNX Runtime.
        message: String,
    },
    /// ONNX Runtime failed during a run.
    #[error("{model}: {message}")]
    Failed {
        /// Path or description of the model.
        model: String,
        /// The message of ONNX Runtime.
        message: String,
    },
}

impl RuntimeError {
    /// Returns the error for a model that ONNX Runtime does not load.
    pub(crate) fn load(model: String, message: String) -> Self {
        if is_about_memory(&message) { Self::OutOfMemory { model, message } } else { Self::BadModel { model, message } }
    }

    /// Returns the error for a run that failed.
    pub(crate) fn run(model: String, message: String) -> Self {
        if is_about_memory(&message) { Self::OutOfMemory { model, message } } else { Self::Failed { model, message } }
    }
}

/// Returns whether a message of ONNX Runtime says that memory could not be allocated.
fn is_about_memory(message: &str) -> bool {
    ["bad_alloc", "bad allocation", "Failed to allocate memory", "Cannot allocate memory"]
        .iter()
        .any(|part| message.contains(part))
}

/// Returns ONNX Runtime's message, without the C++ function and the numeric code at its beginning.
pub(crate) fn message_of<R>(error: &ort::Error<R>) -> String {
    const MARK: &str = "[ONNXRuntimeError] : ";
    let text = error.to_string();
    let message = match text.rsplit_once(MARK) {
        // "1 : FAIL : the message"
        Some((_, coded)) => coded.splitn(3, " : ").last().unwrap_or(coded),
        None => &text,
    };
    message.trim().to_owned()
}
