//! Reads the header of an image and checks it against the limits.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageReader};

use crate::color::Pixels;
use crate::content::why_not_an_image;
use crate::format::sniff;
use crate::metadata::{self, EmbeddedProfile, Metadata};
use crate::png::WithoutMetadata;
use crate::{DecodeError, Format, Limits, bmp, guard, jpeg, tiff};

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

/// An image with a checked header.
pub(crate) struct Opened<'a> {
    /// The header.
    pub header: Header,
    /// The colour profile in the file.
    pub profile: EmbeddedProfile<'a>,
    /// The decoder for the pixels.
    pub decoder: Decoder<'a>,
}

/// A decoder that is ready to read the pixels.
pub(crate) enum Decoder<'a> {
    /// The decoders of JPEG files.
    Jpeg(&'a [u8], Box<jpeg::Survey<'a>>),
    /// The decoder for special TIFF files.
    Tiff(Box<tiff::TiffPlan<'a>>),
    /// A decoder of the crate `image`. Only TIFF files have a plan.
    Other(Box<dyn ImageDecoder + 'a>, Option<Box<tiff::TiffPlan<'a>>>),
}

impl Decoder<'_> {
    /// Decodes the pixels. The result has inks only when `inks` is set.
    pub fn pixels(self, format: Format, limits: &Limits, inks: bool) -> Result<Pixels, DecodeError> {
        match self {
            Self::Jpeg(bytes, survey) => jpeg::decode(bytes, &survey, inks),
            Self::Tiff(plan) => {
                plan.check_streams()?;
                plan.decode(limits)
            }
            Self::Other(mut decoder, plan) => {
                if let Some(plan) = plan {
                    plan.check_streams()?;
                    if let Some(file) = plan.with_plain_tiles()? {
                        decoder = with_limits(tiff::Strips::new(file.into()), format, limits)?;
                    }
                }
                let image =
                    DynamicImage::from_decoder(decoder).map_err(|error| guard::explain(error, format, limits))?;
                Ok(Pixels::Image(image))
            }
        }
    }
}

/// Reads the header of the image in `bytes` and checks it against `limits`.
///
/// A caller that decodes several images at once can add up [`Header::memory`] to limit the sum. The function itself takes little
/// memory: it inflates no metadata.
///
/// # Errors
/// Returns an error when `bytes` are not a supported image or exceed a limit.
pub fn inspect(bytes: &[u8], limits: &Limits) -> Result<Header, DecodeError> {
    let format = format_of(bytes)?;
    guard::guarded(format, || open(bytes, format, limits).map(|opened| opened.header))
}

/// Returns the format of `bytes`, or an error that says what they are.
pub(crate) fn format_of(bytes: &[u8]) -> Result<Format, DecodeError> {
    sniff(bytes).ok_or_else(|| why_not_an_image(bytes))
}

/// Returns the checked header and a decoder that is ready to read the pixels.
pub(crate) fn open<'a>(bytes: &'a [u8], format: Format, limits: &Limits) -> Result<Opened<'a>, DecodeError> {
    let file = bytes.len() as u64;
    let complete = match format {
        Format::WebP => has_its_length(bytes),
        Format::Bmp => bmp::is_whole(bytes),
        _ => true,
    };
    let truncated = |error, complete: bool| match error {
        DecodeError::Damaged { .. } if !complete => DecodeError::Truncated { format },
        other => other,
    };
    let (decoder, [width, height], color, mut scratch, metadata, complete) = match format {
        Format::Jpeg => {
            let survey = jpeg::survey(bytes);
            // The decoder copies every part of a profile.
            metadata::check_profile_size(survey.profile_size())?;
            let size = jpeg::open(bytes, &survey).map_err(|error| truncated(error, survey.complete))?;
            let color = if survey.components() == 1 { ColorType::L8 } else { ColorType::Rgb8 };
            let (metadata, complete) = (metadata::of_jpeg(&survey), survey.complete);
            let scratch = jpeg::scratch(&survey, size, file) + survey.copied();
            (Decoder::Jpeg(bytes, Box::new(survey)), size, color, scratch, metadata, complete)
        }
        Format::Tiff => {
            let plan = Box::new(tiff::TiffPlan::new(bytes)?);
            let metadata = plan.metadata();
            if plan.is_special() {
                let (size, color) = plan.size()?;
                let scratch = plan.scratch(u64::from(size[0]) * u64::from(size[1]));
                (Decoder::Tiff(plan), size, color, scratch, metadata, complete)
            } else {
                let decoder = with_limits(tiff::Strips::new(plan.file()), format, limits)?;
                let (width, height) = decoder.dimensions();
                let color = decoder.color_type();
                let pixels = u64::from(width) * u64::from(height);
                let scratch = pixels * u64::from(color.bytes_per_pixel()) + plan.scratch(pixels);
                (Decoder::Other(decoder, Some(plan)), [width, height], color, scratch, metadata, complete)
            }
        }
        _ => {
            let mut decoder = match format {
                Format::Png => with_limits(WithoutMetadata::new(bytes), format, limits),
                _ => with_limits(Cursor::new(bytes), format, limits),
            }
            .map_err(|error| truncated(error, complete))?;
            let (width, height) = decoder.dimensions();
            let color = decoder.color_type();
            let scratch = match format {
                // A second canvas: for a frame that is smaller than its canvas, or for removing the alpha channel.
                Format::Gif | Format::WebP => u64::from(width) * u64::from(height) * 4,
                _ => 0,
            };
            let mut metadata = metadata::of_chunks(format, bytes);
            if format == Format::Gif
                && let Ok(Some(profile)) = decoder.icc_profile()
            {
                metadata.profile = EmbeddedProfile::Stored(profile.into());
            }
            (Decoder::Other(decoder, None), [width, height], color, scratch, metadata, complete)
        }
    };

    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(DecodeError::NoPixels { width, height });
    }
    if pixels > limits.max_pixels {
        return Err(DecodeError::TooManyPixels { width, height, limit: limits.max_pixels });
    }
    let Metadata { orientation, profile } = metadata;
    // Damaged metadata does not affect the pixels. Such an image counts as oriented.
    let orientation = orientation.unwrap_or(Orientation::NoTransforms);
    let profile_size = profile.size()?;
    if profile_size > 0 {
        // The profile twice while its buffer grows, and its tables as 32-bit numbers.
        scratch += 6 * profile_size;
    }
    let inks = profile_size > 0 && decoder.has_inks();
    let memory = file + peak_memory(scratch, pixels, color, orientation, inks);
    if memory > limits.max_bytes {
        return Err(DecodeError::TooMuchMemory { needed: Some(memory), limit: limits.max_bytes });
    }
    if !complete {
        return Err(DecodeError::Truncated { format });
    }
    Ok(Opened { header: Header { format, width, height, memory, orientation }, profile, decoder })
}

impl Decoder<'_> {
    /// Returns whether the file may store inks.
    fn has_inks(&self) -> bool {
        match self {
            Self::Jpeg(_, survey) => survey.components() == 4,
            Self::Tiff(_) => true,
            Self::Other(..) => false,
        }
    }
}

/// Returns the decoder of the crate `image` for `reader`.
fn with_limits<'a>(
    reader: impl std::io::BufRead + std::io::Seek + 'a,
    format: Format,
    limits: &Limits,
) -> Result<Box<dyn ImageDecoder + 'a>, DecodeError> {
    let mut reader = ImageReader::with_format(reader, format.decoder());
    reader.limits(limits.for_decoder());
    let decoder = reader.into_decoder().map_err(|error| guard::explain(error, format, limits))?;
    Ok(Box::new(decoder))
}

/// Returns whether a RIFF file is as long as its header says. The padding byte at its end may be missing.
fn has_its_length(bytes: &[u8]) -> bool {
    let length = bytes.get(4..8).and_then(|field| field.try_into().ok()).map_or(0, u32::from_le_bytes);
    bytes.len() as u64 + 1 >= u64::from(length) + 8
}

/// Returns the peak memory of decoding, conversion to 8-bit RGB and orientation in bytes. The decoder needs `scratch` besides the
/// pixels.
fn peak_memory(scratch: u64, pixels: u64, color: ColorType, orientation: Orientation, inks: bool) -> u64 {
    let decoded = pixels * if inks { 4 } else { u64::from(color.bytes_per_pixel()) };
    let rgb = pixels * 3;
    let convert = match color {
        _ if inks => decoded + rgb,
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
