//! Opens a library and asks it for its version.
//!
//! `ort` accepts every version from its own upwards, and cannot tell which one it got. This module asks the library before
//! `ort` loads it.
#![allow(unsafe_code)]

use std::ffi::CStr;
use std::path::Path;

use ort::sys::OrtApiBase;

use crate::RuntimeError;

/// Opens a library and returns the version that it reports. The library stays open for the life of the process, because
/// ONNX Runtime does not survive being unloaded.
pub(crate) fn open(path: &Path) -> Result<String, RuntimeError> {
    let not_a_library =
        |error: libloading::Error| RuntimeError::NotALibrary { path: path.to_owned(), reason: reason(path, &error) };
    // SAFETY: opening a library runs its initialisers. The file is one that the user installed or
    // named as ONNX Runtime, and ONNX Runtime's initialisers have no preconditions.
    let library = unsafe { libloading::Library::new(path) }.map_err(not_a_library)?;
    // SAFETY: a library that exports this name is ONNX Runtime, where it is a function of this type.
    let function = unsafe { library.get::<unsafe extern "C" fn() -> *const OrtApiBase>(b"OrtGetApiBase\0") }
        .map_err(|_| RuntimeError::NotOnnxRuntime { path: path.to_owned() })?;
    // SAFETY: the function has no preconditions. What it returns is null or a pointer to a struct
    // that is valid while the library is open.
    let base = unsafe { function().as_ref() }.ok_or_else(|| RuntimeError::NotOnnxRuntime { path: path.to_owned() })?;
    // SAFETY: the function has no preconditions and returns a static, zero-terminated string.
    let version = unsafe { CStr::from_ptr((base.GetVersionString)()) };
    let version = version.to_string_lossy().into_owned();
    std::mem::forget(library);
    Ok(version)
}

/// Returns the message of the loader, without the path, which the caller names.
fn reason(path: &Path, error: &libloading::Error) -> String {
    use std::error::Error;
    let text = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    text.replace(&format!("{}: ", path.display()), "")
}
