//! Why a picture cannot be used, in words for the person whose picture it is.

use std::path::PathBuf;

use crate::Format;

/// Why bytes could not be turned into a picture.
///
/// The messages stand alone in a table cell: they name no file, for the caller knows it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// There are no bytes.
    #[error("the file is empty")]
    Empty,
    /// The content is something known that is no picture, or nothing known.
    #[error("not a picture: {looks_like}")]
    NotAPicture {
        /// What the content is instead, as in "it looks like text".
        looks_like: &'static str,
    },
    /// A picture, in a format that is not read here.
    #[error("{kind}, a format that is not supported (supported: JPEG, PNG, GIF, WebP, BMP, TIFF)")]
    UnsupportedFormat {
        /// What it is, with its article, as in "an AVIF picture".
        kind: &'static str,
    },
    /// A supported format, but a rare variant of it.
    #[error("a kind of {format} that is not supported: {detail}")]
    UnsupportedVariant {
        /// The format.
        format: Format,
        /// What the decoder says about it.
        detail: String,
    },
    /// The header claims more pixels than [`crate::Limits::max_pixels`].
    #[error("it claims {width}x{height} = {} MP, over the limit of {} MP", megapixels(u64::from(*width) * u64::from(*height)), megapixels(*limit))]
    TooManyPixels {
        /// Claimed width in pixels.
        width: u32,
        /// Claimed height in pixels.
        height: u32,
        /// The limit in pixels.
        limit: u64,
    },
    /// Decoding would take more memory than [`crate::Limits::max_bytes`].
    #[error("decoding it would take {}over the limit of {} MiB of memory", needed.map(|needed| format!("{} MiB, ", mebibytes(needed))).unwrap_or_default(), mebibytes(*limit))]
    TooMuchMemory {
        /// Memory needed, in bytes; unknown when the decoder itself gave up.
        needed: Option<u64>,
        /// The limit in bytes.
        limit: u64,
    },
    /// The header claims a width or height of zero.
    #[error("it has no pixels: its header says {width}x{height}")]
    NoPixels {
        /// Claimed width in pixels.
        width: u32,
        /// Claimed height in pixels.
        height: u32,
    },
    /// The data ends before the picture does.
    #[error("truncated: the {format} data ends before the picture does")]
    Truncated {
        /// The format.
        format: Format,
    },
    /// The data contradicts its format.
    #[error("the {format} data is damaged: {detail}")]
    Damaged {
        /// The format.
        format: Format,
        /// What the decoder says about it.
        detail: String,
    },
}

/// Why a picture file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read at all.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file was read but holds no usable picture.
    #[error("{}: {source}", path.display())]
    Picture {
        /// The file.
        path: PathBuf,
        /// What is wrong with its content.
        source: DecodeError,
    },
}

/// Pixels as megapixels: whole from 10 MP up, one decimal below, so that no limit reads as 0.
fn megapixels(pixels: u64) -> String {
    if pixels >= 10_000_000 {
        format!("{}", pixels.div_ceil(1_000_000))
    } else {
        format!("{}", (pixels as f64 / 1e4).ceil() / 100.0)
    }
}

fn mebibytes(bytes: u64) -> String {
    if bytes >= 10 << 20 {
        format!("{}", bytes.div_ceil(1 << 20))
    } else {
        format!("{}", (bytes as f64 / 10_485.76).ceil() / 100.0)
    }
}
