//! JSON documents.

use anyhow::Result;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Returns `value` as indented JSON that ends in a new line.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads JSON. An error says in which line it is.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    Ok(serde_json::from_slice(bytes)?)
}
