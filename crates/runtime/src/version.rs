//! The version of ONNX Runtime that this crate works with.

/// The last version that the vendor built with training.
pub(crate) const VERSION: &str = "1.19.2";

/// Returns the version of ONNX Runtime that the crate works with. [`crate::load()`] accepts no other version, so the library
/// need not be loaded.
pub fn version() -> String {
    VERSION.to_owned()
}
