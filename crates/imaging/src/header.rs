//! What a picture's header claims, checked against the limits before anything is decoded.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageReader};

use crate::format::{sniff, why_not_a_picture};
use crate::{DecodeError, Format, Limits, guard, jpeg};

/// What a picture's header says, within the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The format by content.
    pub format: Format,
    /// Width in pixels, as stored: before any rotation.
    pub width: u32,
    /// Height in pixels, as stored: before any rotation.
    pub height: u32,
    /// An upper estimate of the memory that decoding takes at its peak, in bytes, with the file
    /// itself.
    pub memory: u64,
    /// What makes the stored picture upright.
    pub(crate) orientation: Orientation,
}

/// Reads the header of the picture in `bytes` and checks it against `limits`.
///
/// Whoever decodes several pictures at once can add up [`Header::memory`] to bound the sum.
pub fn inspect(bytes: &[u8], limits: &Limits) -> Result<Header, DecodeError> {
    let format = format_of(bytes)?;
    guard::guarded(format, || open(bytes, format, limits).map(|(header, _)| header))
}

/// The format of `bytes` by content, or what they are instead.
pub(crate) fn format_of(bytes: &[u8]) -> Result<Format, DecodeError> {
    sniff(bytes).ok_or_else(|| why_not_a_picture(bytes))
}

/// The checked header, and the decoder ready to read the pixels.
pub(crate) fn open<'a>(
    bytes: &'a [u8],
    format: Format,
    limits: &Limits,
) -> Result<(Header, impl ImageDecoder + use<'a>), DecodeError> {
    let survey = match format {
        Format::Jpeg => jpeg::survey(bytes),
        _ => jpeg::Survey::default(),
    };
    let complete = match format {
        Format::Jpeg => survey.complete,
        Format::WebP => holds_its_length(bytes),
        _ => true,
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format.decoder());
    reader.limits(limits.for_decoder());
    let mut decoder = reader.into_decoder().map_err(|error| match guard::explain(error, format, limits) {
        DecodeError::Damaged { .. } if !complete => DecodeError::Truncated { format },
        other => other,
    })?;

    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(DecodeError::NoPixels { width, height });
    }
    if pixels > limits.max_pixels {
        return Err(DecodeError::TooManyPixels { width, height, limit: limits.max_pixels });
    }
    // Metadata that cannot be read says nothing about the pixels: such a picture is upright.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let memory =
        bytes.len() as u64 + peak_memory(format, survey, pixels, bytes.len() as u64, decoder.color_type(), orientation);
    if memory > limits.max_bytes {
        return Err(DecodeError::TooMuchMemory { needed: Some(memory), limit: limits.max_bytes });
    }
    if !complete {
        return Err(DecodeError::Truncated { format });
    }
    Ok((Header { format, width, height, memory, orientation }, decoder))
}

/// Whether a RIFF file is as long as it says, but for a padding byte.
fn holds_its_length(bytes: &[u8]) -> bool {
    let length = bytes.get(4..8).and_then(|field| field.try_into().ok()).map_or(0, u32::from_le_bytes);
    bytes.len() as u64 + 1 >= u64::from(length) + 8
}

/// The most memory held at once over decoding, conversion to 8-bit RGB and rotation.
fn peak_memory(
    format: Format,
    survey: jpeg::Survey,
    pixels: u64,
    file: u64,
    color: ColorType,
    orientation: Orientation,
) -> u64 {
    let decoded = pixels * u64::from(color.bytes_per_pixel());
    let scratch = match format {
        // The decoder keeps a copy of the file, and 16-bit coefficients when it must buffer.
        Format::Jpeg if survey.buffered => file + pixels * 2 * survey.samples / 256,
        Format::Jpeg => file,
        // The whole canvas again: a frame smaller than its canvas, or alpha to be stripped.
        Format::Gif | Format::WebP => pixels * 4,
        Format::Tiff => decoded,
        Format::Png | Format::Bmp => 0,
    };
    let rgb = pixels * 3;
    let convert = match color {
        ColorType::Rgb8 => 0,
        _ if color.has_alpha() => (decoded + pixels * 4).max(pixels * 4 + rgb),
        _ => decoded + rgb,
    };
    let rotate = match orientation {
        Orientation::NoTransforms => 0,
        _ => rgb * 2,
    };
    (decoded + scratch).max(convert).max(rotate)
}
