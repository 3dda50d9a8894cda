//! Tests without ONNX Runtime, because a process can load only one library.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;
mod installed;
mod load;
