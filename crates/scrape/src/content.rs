//! What a file from the web is, found out before anybody else looks at it.

use contract::config::Scrape;
use imaging::{Header, Limits, Look};
use serde::{Deserialize, Serialize};

use crate::passenger::passenger;

/// What decoding one picture may take, in bytes.
const DECODE_BYTES: u64 = 256 << 20;
/// What all that are decoded at a time may take together, in bytes; one that takes more is decoded alone.
pub const SHARED_BYTES: u64 = 160 << 20;

/// A picture's file, as the journal tells of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The first 16 hex digits of its BLAKE3.
    pub hash: String,
    /// File extension by content.
    pub extension: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Width in pixels, upright.
    pub width: u32,
    /// Height in pixels, upright.
    pub height: u32,
    /// [`Look::to_hex`]; empty for a file that was not decoded.
    pub look: String,
}

impl Content {
    /// Its name below a folder of pictures.
    pub fn file_name(&self) -> String {
        format!("{}.{}", self.hash, self.extension)
    }
}

/// The limits of the configuration that a file from the web is judged by, as text: a refusal holds as long as they do.
pub fn limits_text(scrape: &Scrape) -> String {
    format!("{} px, {} MiB, hosts {:?}", scrape.max_pixels, scrape.max_file_mb, scrape.web.allowed_hosts)
}

/// The limits of the configuration on pixels and memory.
pub fn limits(scrape: &Scrape) -> Limits {
    Limits { max_pixels: scrape.max_pixels, max_bytes: DECODE_BYTES }
}

/// What the header of `bytes` says; the error says why they are no picture.
pub fn inspect(bytes: &[u8], limits: &Limits) -> Result<Header, String> {
    imaging::inspect(bytes, limits).map_err(|error| error.to_string())
}

/// Decodes `bytes`, of which [`inspect`] gave `header`, whole and says what they are; the error says why they are no picture.
pub fn examine(bytes: &[u8], header: &Header, limits: &Limits) -> Result<Content, String> {
    let (look, [width, height]) = Look::decode(bytes, header, limits).map_err(|error| error.to_string())?;
    if let Some(other) = passenger(bytes) {
        return Err(format!("it is a picture and {other} at once"));
    }
    Ok(Content {
        hash: pipeline::short_hash(bytes),
        extension: header.format.extension().to_owned(),
        bytes: bytes.len() as u64,
        width,
        height,
        look: look.to_hex(),
    })
}
