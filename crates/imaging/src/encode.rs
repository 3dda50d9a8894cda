//! Encodes images. The same image gives the same bytes.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, RgbImage};

/// Encodes `img` as a PNG file. The compression favours speed over size.
///
/// # Panics
/// Panics when `img` has no pixels, because PNG does not allow it.
pub fn png(img: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive);
    write(encoder, img);
    bytes
}

/// Encodes `img` as a JPEG file. `quality` is 1 (worst) to 100 (best).
///
/// # Panics
/// Panics when the width or height of `img` is 0 or more than 65535 pixels, because JPEG does not allow it.
pub fn jpeg(img: &RgbImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(JpegEncoder::new_with_quality(&mut bytes, quality), img);
    bytes
}

fn write(encoder: impl ImageEncoder, img: &RgbImage) {
    let (width, height) = img.dimensions();
    if let Err(error) = encoder.write_image(img.as_raw(), width, height, ExtendedColorType::Rgb8) {
        panic!("cannot encode an image of {width}x{height} pixels: {error}");
    }
}
