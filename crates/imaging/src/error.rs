//! The errors of decoding and reading images.

use std::path::PathBuf;

use crate::Format;

/// The reason why bytes cannot be decoded to an image.
///
/// The messages do not name the file, because tables show them beside it. Some of them are stored in `quarantine.csv`, so their
/// texts are a format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The file is empty.
    #[error("the file is empty")]
    Empty,
    /// The content is not an image.
    #[error("not a picture: {looks_like}")]
    NotAnImage {
        /// What the content is, such as "it looks like text".
        looks_like: &'static str,
    },
    /// The format of the image is not supported.
    #[error("{kind}, a format that is not supported (supported: JPEG, PNG, GIF, WebP, BMP, TIFF)")]
    UnsupportedFormat {
        /// The format with its article, such as "a Photoshop document".
        kind: &'static str,
    },
    /// The variant of a supported format is not supported.
    #[error("a kind of {format} that is not supported: {detail}")]
    UnsupportedVariant {
        /// The format.
        format: Format,
        /// The message of the decoder.
        detail: String,
    },
    /// The header claims more pixels than [`crate::Limits::max_pixels`].
    #[error("it claims {width}x{height} = {} MP, over the limit of {} MP", megapixels(u64::from(*width) * u64::from(*height)), megapixels(*limit))]
    TooManyPixels {
        /// The width in the header, in pixels.
        width: u32,
        /// The height in the header, in pixels.
        height: u32,
        /// The limit in pixels.
        limit: u64,
    },
    /// Decoding would need more memory than [`crate::Limits::max_bytes`].
    #[error("decoding it would take {}over the limit of {} MiB of memory", needed.map(|needed| format!("{} MiB, ", mebibytes(needed))).unwrap_or_default(), mebibytes(*limit))]
    TooMuchMemory {
        /// The needed memory in bytes. It is unknown when the decoder reached its own limit.
        needed: Option<u64>,
        /// The limit in bytes.
        limit: u64,
    },
    /// The colour profile is too large to be one.
    #[error("its colour profile has more than {} MiB", limit >> 20)]
    ProfileTooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The width or height in the header is zero.
    #[error("it has no pixels: its header says {width}x{height}")]
    NoPixels {
        /// The width in the header, in pixels.
        width: u32,
        /// The height in the header, in pixels.
        height: u32,
    },
    /// The data ends before the end of the image.
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
        /// The message of the decoder.
        detail: String,
    },
}

/// The reason why an image file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The file is not a usable image.
    #[error("{}: {source}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with the content.
        source: DecodeError,
    },
}

/// Formats a number of pixels as megapixels: a whole number from 10 MP up, and two decimals below.
fn megapixels(pixels: u64) -> String {
    if pixels >= 10_000_000 {
        format!("{}", pixels.div_ceil(1_000_000))
    } else {
        format!("{}", (pixels as f64 / 1e4).ceil() / 100.0)
    }
}

/// Formats a number of bytes as mebibytes, with the precision of [`megapixels`].
fn mebibytes(bytes: u64) -> String {
    if bytes >= 10 << 20 {
        format!("{}", bytes.div_ceil(1 << 20))
    } else {
        format!("{}", (bytes as f64 / 10_485.76).ceil() / 100.0)
    }
}
