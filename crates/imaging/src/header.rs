//! Reads the header of an image and checks it against the limits.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageReader};

use crate::content::why_not_an_image;
use crate::format::sniff;
use crate::{DecodeError, Format, Limits, guard, jpeg};

/// The header of an image that is within the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The format.
    pub format: Format,
    /// The stored width in pixels, before orientation.
    pub width: u32,
    /// The stored height in pixels, before orientation.
    pub height: u32,
    /// An upper estimate of the peak memory for decoding in bytes, including the file itself.
    pub memory: u64,
    /// The transformation from the stored image to the oriented one.
    pub(crate) orientation: Orientation,
}

/// Reads the header of the image in `bytes` and checks it against `limits`.
///
/// A caller that decodes several images at once can add up [`Header::memory`] to limit the sum.
///
/// # Errors
/// Returns an error when `bytes` are not a supported image or exceed a limit.
pub fn inspect(bytes: &[u8], limits: &Limits) -> Result<Header, DecodeError> {
    let format = format_of(bytes)?;
    guard::guarded(format, || open(bytes, format, limits).map(|(header, _)| header))
}

/// Returns the format of `bytes`, or an error that says what they are.
pub(crate) fn format_of(bytes: &[u8]) -> Result<Format, DecodeError> {
    sniff(bytes).ok_or_else(|| why_not_an_image(bytes))
}

/// Returns the checked header and a decoder that is ready to read the pixels.
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
        Format::WebP => has_its_length(bytes),
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
    // Damaged metadata does not affect the pixels. Such an image counts as oriented.
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

/// Returns whether a RIFF file has the length in its header, up to a padding byte.
fn has_its_length(bytes: &[u8]) -> bool {
    let length = bytes.get(4..8).and_then(|field| field.try_into().ok()).map_or(0, u32::from_le_bytes);
    bytes.len() as u64 + 1 >= u64::from(length) + 8
}

/// Returns the peak memory of decoding, conversion to 8-bit RGB and orientation in bytes.
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
        // The decoder keeps a copy of the file. It also keeps 16-bit coefficients when it buffers the scans.
        Format::Jpeg if survey.buffered => file + pixels * 2 * survey.samples / 256,
        Format::Jpeg => file,
        // A second canvas: for a frame that is smaller than its canvas, or for removing the alpha channel.
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
