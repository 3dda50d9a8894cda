//! Lists of `f32` for `#[serde(with = "runtime::floats")]`: `serde` stores them as bytes, which is much faster than value by
//! value. The bytes are those of the machine, little-endian on all that the project supports.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserializer, Serializer};

/// Stores a list.
#[allow(clippy::missing_errors_doc, reason = "the errors are those of the format")]
pub fn serialize<S: Serializer>(values: &[f32], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_bytes(bytemuck::cast_slice(values))
}

/// Reads a list.
///
/// # Errors
/// Returns an error when the bytes are not whole values.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Cow<'static, [f32]>, D::Error> {
    struct Bytes;
    impl Visitor<'_> for Bytes {
        type Value = Cow<'static, [f32]>;

        fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
            to.write_str("the bytes of 32-bit numbers")
        }

        fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
            if !bytes.len().is_multiple_of(size_of::<f32>()) {
                return Err(E::invalid_length(bytes.len(), &self));
            }
            Ok(Cow::Owned(bytemuck::pod_collect_to_vec(bytes)))
        }
    }
    from.deserialize_bytes(Bytes)
}
