//! Hints: what the user can do about an error.

use crate::RuntimeError;
use crate::load::{LIBRARY_VARIABLE, named};
use crate::version::VERSION;

impl RuntimeError {
    /// Returns what the user can do about the error. For an error of the library, it differs between the installed library and one
    /// that `ORT_DYLIB_PATH` names.
    pub fn advice(&self) -> String {
        match (self, named()) {
            (Self::BadModel { .. } | Self::OtherType { .. } | Self::OtherInputs { .. } | Self::Failed { .. }, _) => {
                "check the model with `onnx.checker.check_model(model, full_check=True)`, and export it again"
                    .to_owned()
            }
            (Self::OutOfMemory { .. }, _) => "close other programs, or set `threads` to a smaller number".to_owned(),
            (Self::BadState { .. }, _) => "run `just train --force`".to_owned(),
            (Self::Changed { .. }, _) => format!(
                "run `just setup`: it installs the library again; set {LIBRARY_VARIABLE} to use a library of your own"
            ),
            (_, Some(_)) => format!(
                "set {LIBRARY_VARIABLE} to the library of an ONNX Runtime {VERSION} build with training, or unset it"
            ),
            (Self::Missing { .. }, None) => "run `just setup`".to_owned(),
            (_, None) => format!(
                "run `just setup`, or set {LIBRARY_VARIABLE} to the library of an ONNX Runtime {VERSION} build with training"
            ),
        }
    }
}
