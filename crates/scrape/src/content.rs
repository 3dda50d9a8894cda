//! The inspection of a file from the web: its format, size and look.

use contract::config::Scrape;
use imaging::{Fingerprint, Header, Limits};
use serde::{Deserialize, Serialize};

use crate::polyglot::second_format;

/// The memory that decoding one image may take, in bytes.
const DECODE_BYTES: u64 = 256 << 20;
/// The memory that all concurrent decodings may take together, in bytes. A larger image is decoded alone.
pub const SHARED_BYTES: u64 = 160 << 20;

/// The properties of an image file.
///
/// The journal stores them, so the field names are a format.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The first 16 hexadecimal digits of the BLAKE3 hash of the file.
    pub hash: String,
    /// The file extension of the format of the file.
    pub extension: String,
    /// The size in bytes.
    pub bytes: u64,
    /// The width in pixels, in the upright orientation.
    pub width: u32,
    /// The height in pixels, in the upright orientation.
    pub height: u32,
    /// The fingerprint as [`Fingerprint::to_hex`]. Empty for a file that was not decoded.
    pub look: String,
}

impl Content {
    /// Returns the name of the file in a folder of images: `<hash>.<extension>`.
    pub fn file_name(&self) -> String {
        format!("{}.{}", self.hash, self.extension)
    }
}

/// Returns the limits of the configuration as text. The journal stores them with each refusal, and a refusal is valid
/// while the limits stay the same.
pub fn limits_text(scrape: &Scrape) -> String {
    let limits = format!("{} px, {} MiB, hosts {:?}", scrape.max_pixels, scrape.max_file_mb, scrape.web.allowed_hosts);
    match scrape.web.proxy.as_str() {
        // Journals of runs without a proxy stay valid.
        "" => limits,
        proxy => format!("{limits}, proxy {proxy}"),
    }
}

/// Returns the limits of the configuration on pixels and memory.
pub fn limits(scrape: &Scrape) -> Limits {
    Limits { max_pixels: scrape.max_pixels, max_bytes: DECODE_BYTES }
}

/// Reads the image header of `bytes`.
///
/// # Errors
/// Returns the reason why `bytes` are not an image within `limits`.
pub fn inspect(bytes: &[u8], limits: &Limits) -> Result<Header, String> {
    imaging::inspect(bytes, limits).map_err(|error| error.to_string())
}

/// Decodes `bytes`, whose header is `header`, and returns their properties.
///
/// # Errors
/// Returns the reason why the image cannot be decoded, or the second format of a polyglot file.
pub fn examine(bytes: &[u8], header: &Header, limits: &Limits) -> Result<Content, String> {
    let (look, [width, height]) = Fingerprint::decode(bytes, header, limits).map_err(|error| error.to_string())?;
    if let Some(other) = second_format(bytes) {
        return Err(format!("the file is an image and also {other}"));
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
