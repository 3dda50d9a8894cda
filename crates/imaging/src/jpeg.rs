//! What a JPEG file's markers say, read without decoding it.
//!
//! The decoder in use is lenient: it fills what is missing with gray and calls it a picture. A
//! half-gray picture in a training set is worse than none, so completeness is checked here.

use image::GrayImage;
use memchr::memchr;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use crate::{DecodeError, Format};

/// What the markers of a JPEG file say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Survey {
    /// Whether the end-of-image marker was reached.
    pub complete: bool,
    /// Whether all coefficients are held in memory until the last scan: progressive files do so,
    /// and baseline files with a scan for each component.
    pub buffered: bool,
    /// Samples of all components for each pixel, in 1/256: 256 for gray, 384 for colour at half
    /// resolution both ways, 768 for colour at full resolution, 1024 for CMYK.
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

/// The next marker at or after `at`, and where its segment starts.
fn next_marker(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    let mut at = at + memchr(0xff, bytes.get(at..)?)?;
    // Any number of 0xff may stand before a marker's code.
    while *bytes.get(at)? == 0xff {
        at += 1;
    }
    Some((bytes[at], at + 1))
}

/// A marker's segment at `at` without its length field, or `None` when the data ends inside it.
fn segment(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let length = usize::from(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    bytes.get(at + 2..at + length.max(2))
}

/// Where the first marker after the entropy-coded data at `at` starts.
fn skip_entropy_coded(bytes: &[u8], mut at: usize) -> usize {
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr(0xff, rest)) {
        at += found;
        match bytes.get(at + 1) {
            // A stuffed 0xff and restart markers belong to the data; so do fill bytes.
            Some(0x00 | 0xd0..=0xd7) => at += 2,
            Some(0xff) => at += 1,
            Some(_) => return at,
            None => break,
        }
    }
    bytes.len()
}

/// The samples for each pixel, in 1/256, from a start-of-frame segment.
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

/// What the lenient decoder fills a row with when the data make no sense.
///
/// Only a picture that ends in a row of it is suspect, and only then is it worth while to [`check_all`].
pub(crate) const FILL: u8 = 128;

/// Decodes `bytes` strictly; the error says what is wrong with them.
pub(crate) fn check_all(bytes: &[u8]) -> Result<(), DecodeError> {
    let decoded = JpegDecoder::new_with_options(ZCursor::new(bytes), options().set_strict_mode(true)).decode();
    let damaged = |error| damaged(format!("part of it cannot be decoded ({error})"));
    decoded.map(|_| ()).map_err(damaged)
}

/// The luma of `bytes`, of which the header says that they are `[width, height]` large, as stored; `None` when luma is
/// not one of the file's components.
pub(crate) fn luma(bytes: &[u8], [width, height]: [u32; 2]) -> Result<Option<GrayImage>, DecodeError> {
    let options = options().set_strict_mode(false).jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let failed = |error: zune_jpeg::errors::DecodeErrors| damaged(error.to_string());
    decoder.decode_headers().map_err(failed)?;
    if !matches!(decoder.input_colorspace(), Some(ColorSpace::Luma | ColorSpace::YCbCr)) {
        return Ok(None);
    }
    let samples = decoder.decode().map_err(failed)?;
    let told = samples.len();
    let picture = GrayImage::from_raw(width, height, samples);
    picture.map(Some).ok_or_else(|| damaged(format!("{told} samples for {width}x{height} pixels")))
}

/// Sizes are checked before, against limits of our own.
fn options() -> DecoderOptions {
    DecoderOptions::default().set_max_width(usize::MAX).set_max_height(usize::MAX)
}

fn damaged(detail: String) -> DecodeError {
    DecodeError::Damaged { format: Format::Jpeg, detail }
}
