//! Reads the markers of a JPEG file without decoding it.
//!
//! The decoder is lenient and fills missing parts with grey. Such images would harm the training, so this module checks whether a
//! file is complete.

use image::GrayImage;
use memchr::memchr;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use crate::{DecodeError, Format};

/// The information in the markers of a JPEG file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Survey {
    /// Whether the file has an end-of-image marker.
    pub complete: bool,
    /// Whether the decoder keeps all coefficients in memory until the last scan. It does so for progressive files, and for baseline
    /// files with a scan per component.
    pub buffered: bool,
    /// The number of samples of all components per pixel, in 1/256: 256 for grey, 384 for colour at half the horizontal and vertical
    /// resolution, 768 for colour at full resolution, 1024 for CMYK.
    pub samples: u64,
}

/// Reads the markers of `bytes`, which start with the start-of-image marker.
pub(crate) fn survey(bytes: &[u8]) -> Survey {
    let mut survey = Survey::default();
    let mut components = 0;
    let mut at = 2;
    while let Some((marker, after)) = next_marker(bytes, at) {
        at = after;
        match marker {
            EOI => {
                survey.complete = true;
                break;
            }
            // Markers without a segment: restarts, SOI, TEM.
            0xd0..=0xd8 | 0x01 => continue,
            _ => {}
        }
        let Some(segment) = segment(bytes, at) else {
            break;
        };
        match marker {
            // Start of frame; C4, C8 and CC are tables and an extension.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                survey.buffered |= matches!(marker, 0xc2 | 0xc6 | 0xca | 0xce);
                components = segment.get(5).copied().unwrap_or(0);
                survey.samples = samples(segment);
            }
            SOS => survey.buffered |= segment.first().is_some_and(|n| *n < components),
            _ => {}
        }
        at += 2 + segment.len();
        if marker == SOS {
            at = skip_entropy_coded(bytes, at);
        }
    }
    survey
}

const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;

/// Returns the next marker at or after `at`, and the offset of its segment.
fn next_marker(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    let mut at = at + memchr(0xff, bytes.get(at..)?)?;
    // Any number of 0xff bytes may precede the code of a marker.
    while *bytes.get(at)? == 0xff {
        at += 1;
    }
    Some((bytes[at], at + 1))
}

/// Returns the segment at `at` without its length field, or `None` when the data ends inside it.
fn segment(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let length = usize::from(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    bytes.get(at + 2..at + length.max(2))
}

/// Returns the offset of the first marker after the entropy-coded data at `at`.
fn skip_entropy_coded(bytes: &[u8], mut at: usize) -> usize {
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr(0xff, rest)) {
        at += found;
        match bytes.get(at + 1) {
            // Stuffed 0xff bytes, restart markers and fill bytes are part of the data.
            Some(0x00 | 0xd0..=0xd7) => at += 2,
            Some(0xff) => at += 1,
            Some(_) => return at,
            None => break,
        }
    }
    bytes.len()
}

/// Returns the number of samples per pixel, in 1/256, from a start-of-frame segment.
fn samples(segment: &[u8]) -> u64 {
    let factors: Vec<(u64, u64)> = segment
        .get(6..)
        .unwrap_or_default()
        .chunks_exact(3)
        .map(|component| (u64::from(component[1] >> 4), u64::from(component[1] & 15)))
        .collect();
    let widest = factors.iter().map(|f| f.0).max().unwrap_or(0).max(1);
    let tallest = factors.iter().map(|f| f.1).max().unwrap_or(0).max(1);
    factors.iter().map(|(h, v)| (256 * h * v).div_ceil(widest * tallest)).sum()
}

/// The value that the lenient decoder writes where the data is damaged.
///
/// Only an image whose last row has this value may be damaged. It is then checked with [`check_all`].
pub(crate) const FILL: u8 = 128;

/// Decodes `bytes` strictly. Returns an error when they are damaged.
pub(crate) fn check_all(bytes: &[u8]) -> Result<(), DecodeError> {
    let decoded = JpegDecoder::new_with_options(ZCursor::new(bytes), options().set_strict_mode(true)).decode();
    let damaged = |error| damaged(format!("part of it cannot be decoded ({error})"));
    decoded.map(|_| ()).map_err(damaged)
}

/// Decodes the luma of the image in `bytes`, without orientation. `[width, height]` is the size in the header.
///
/// The result is `None` when luma is not a component of the file.
pub(crate) fn luma(bytes: &[u8], [width, height]: [u32; 2]) -> Result<Option<GrayImage>, DecodeError> {
    let options = options().set_strict_mode(false).jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let failed = |error: zune_jpeg::errors::DecodeErrors| damaged(error.to_string());
    decoder.decode_headers().map_err(failed)?;
    if !matches!(decoder.input_colorspace(), Some(ColorSpace::Luma | ColorSpace::YCbCr)) {
        return Ok(None);
    }
    let samples = decoder.decode().map_err(failed)?;
    let count = samples.len();
    let image = GrayImage::from_raw(width, height, samples);
    image.map(Some).ok_or_else(|| damaged(format!("{count} samples for {width}x{height} pixels")))
}

/// Returns options without limits on the size. The size is checked before, against [`crate::Limits`].
fn options() -> DecoderOptions {
    DecoderOptions::default().set_max_width(usize::MAX).set_max_height(usize::MAX)
}

fn damaged(detail: String) -> DecodeError {
    DecodeError::Damaged { format: Format::Jpeg, detail }
}
