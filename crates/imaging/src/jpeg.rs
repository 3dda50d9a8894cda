//! Decodes JPEG files.
//!
//! `zune-jpeg` decodes the usual layouts. It reads other layouts wrongly without an error: baseline files with several scans, files whose
//! chroma is finer than their luma, and files whose chroma has a single column. `jpeg-decoder` decodes these. It takes about 1.6 times as
//! long, and its samples differ by at most 5 levels, so ordinary files keep the faster decoder.
//!
//! Both decoders fill missing parts with gray. Such images would harm the training, so [`entropy::check`] first counts the blocks.

mod bits;
mod coefficients;
mod entropy;
mod huffman;
mod progressive;
mod reason;
mod scan;
mod sequential;
mod steps;
mod survey;

use image::{DynamicImage, GrayImage, RgbImage};
use jpeg_decoder::{ColorTransform, PixelFormat};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use crate::DecodeError;
use crate::color::{self, Pixels};
use reason::{damaged, unsupported};

pub(crate) use entropy::check_tables;
pub(crate) use survey::{Survey, survey};

/// The decoder for a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route {
    Zune,
    JpegDecoder,
}

/// Checks that a decoder supports the kind of JPEG, and returns its width and height in pixels.
pub(crate) fn open(bytes: &[u8], survey: &Survey) -> Result<[u32; 2], DecodeError> {
    if let Some(detail) = &survey.unsupported {
        return Err(unsupported(detail.clone()));
    }
    if let (Route::JpegDecoder, Some(frame)) = (route(survey)?, &survey.frame) {
        return Ok([u32::from(frame.width), u32::from(frame.height)]);
    }
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options());
    decoder.decode_headers().map_err(|error| damaged(&error))?;
    let (width, height) = decoder.dimensions().unwrap_or_default();
    Ok([width as u32, height as u32])
}

/// Returns the memory for decoding besides the pixels in bytes. `file` is the size of the file.
pub(crate) fn scratch(survey: &Survey, [width, height]: [u32; 2], file: u64) -> u64 {
    let samples = u64::from(width) * u64::from(height) * survey.samples() / 256;
    // 16-bit coefficients, when the decoder buffers the scans.
    let buffered = if survey.buffered { 2 * samples } else { 0 };
    // `jpeg-decoder` has all components in memory before it converts the colours.
    let planes = if matches!(route(survey), Ok(Route::JpegDecoder)) || survey.components() == 4 { samples } else { 0 };
    file + buffered + planes
}

/// Returns the decoder that reads the layout of the file correctly.
fn route(survey: &Survey) -> Result<Route, DecodeError> {
    let Some(frame) = &survey.frame else { return Ok(Route::Zune) };
    let [widest, tallest] = frame.largest_factors();
    let first_is_largest = frame.components.first().is_some_and(|c| c.h == widest && c.v == tallest);
    let powers = frame.components.iter().all(|c| c.h.is_power_of_two() && c.v.is_power_of_two());
    let one_column = widest > 1 && frame.width <= u16::from(widest);
    let agrees = survey.components() != 3 || survey.stores_rgb() == survey.zune_sees_rgb();
    if first_is_largest && powers && agrees && !one_column && (frame.progressive || !survey.several_scans) {
        return Ok(Route::Zune);
    }
    // `jpeg-decoder` miscounts the blocks of a component with a factor that is neither 1 nor the largest.
    let simple = frame.components.iter().all(|c| (c.h == widest || c.h == 1) && (c.v == tallest || c.v == 1));
    if simple {
        return Ok(Route::JpegDecoder);
    }
    let factors: Vec<String> = frame.components.iter().map(|c| format!("{}x{}", c.h, c.v)).collect();
    let scans = if survey.several_scans { " in several scans" } else { "" };
    Err(unsupported(format!("sampling factors {}{scans}", factors.join(", "))))
}

/// Decodes the image after a check that all of its data are there.
///
/// The result has the inks of a CMYK image when `inks` is set, and RGB otherwise.
pub(crate) fn decode(bytes: &[u8], survey: &Survey, inks: bool) -> Result<Pixels, DecodeError> {
    let [width, height] = open(bytes, survey)?;
    entropy::check(bytes)?;
    let components = survey.components();
    if components == 4 && inks {
        let samples = decode_exactly(bytes, survey)?;
        return Ok(Pixels::Cmyk { width, height, samples });
    }
    let image = match route(survey)? {
        Route::Zune => {
            let space = if components == 1 { ColorSpace::Luma } else { ColorSpace::RGB };
            let mut decoder =
                JpegDecoder::new_with_options(ZCursor::new(bytes), options().jpeg_set_out_colorspace(space));
            let samples = decoder.decode().map_err(|error| damaged(&error))?;
            from_samples(samples, components, [width, height])
        }
        Route::JpegDecoder => {
            let mut samples = decode_exactly(bytes, survey)?;
            if components == 4 {
                samples = color::inks_to_rgb(&samples);
            }
            from_samples(samples, components, [width, height])
        }
    };
    image.map(Pixels::Image).ok_or_else(|| damaged(&"the decoder returned another number of samples"))
}

/// Returns the gray or RGB image with `samples`, or `None` when their number is wrong.
fn from_samples(samples: Vec<u8>, components: usize, [width, height]: [u32; 2]) -> Option<DynamicImage> {
    if components == 1 {
        GrayImage::from_raw(width, height, samples).map(Into::into)
    } else {
        RgbImage::from_raw(width, height, samples).map(Into::into)
    }
}

/// Decodes with `jpeg-decoder`: gray, RGB, or inks from 0 (no ink) to 255.
///
/// The inks of a file count as inverted, as Adobe writes them.
fn decode_exactly(bytes: &[u8], survey: &Survey) -> Result<Vec<u8>, DecodeError> {
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    if survey.components() == 3 {
        decoder.set_color_transform(if survey.stores_rgb() { ColorTransform::RGB } else { ColorTransform::YCbCr });
    }
    let samples = decoder.decode().map_err(|error| match error {
        jpeg_decoder::Error::Unsupported(feature) => unsupported(format!("{feature:?}")),
        error => damaged(&error),
    })?;
    let wanted = match decoder.info().map(|info| info.pixel_format) {
        Some(PixelFormat::L8) => 1,
        Some(PixelFormat::RGB24) => 3,
        Some(PixelFormat::CMYK32) => 4,
        _ => 0,
    };
    if wanted != survey.components() {
        return Err(unsupported("other than 8 bits per sample".into()));
    }
    Ok(samples)
}

/// Decodes the luma of the image in `bytes`, without orientation, after a check that all of its data are there.
///
/// The result is `None` when luma is not a component of the file, or when the file needs the slower decoder.
pub(crate) fn luma(bytes: &[u8], survey: &Survey) -> Result<Option<GrayImage>, DecodeError> {
    let [width, height] = open(bytes, survey)?;
    if route(survey)? != Route::Zune {
        return Ok(None);
    }
    let options = options().jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|error| damaged(&error))?;
    if !matches!(decoder.input_colorspace(), Some(ColorSpace::Luma | ColorSpace::YCbCr)) {
        return Ok(None);
    }
    entropy::check(bytes)?;
    let samples = decoder.decode().map_err(|error| damaged(&error))?;
    let image = GrayImage::from_raw(width, height, samples);
    image.map(Some).ok_or_else(|| damaged(&"the decoder returned another number of samples"))
}

/// Returns options without limits on the size. The size is checked before, against [`crate::Limits`].
fn options() -> DecoderOptions {
    DecoderOptions::default().set_strict_mode(false).set_max_width(usize::MAX).set_max_height(usize::MAX)
}
