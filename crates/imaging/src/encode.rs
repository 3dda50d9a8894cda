//! Pictures as files. The same picture gives the same bytes.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, RgbImage};

/// `img` as a PNG file, compressed quickly rather than tightly.
///
/// # Panics
/// When `img` has no pixels, which no PNG file can hold.
pub fn png(img: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive);
    write(encoder, img);
    bytes
}

/// `img` as a JPEG file; `quality` is 1 (worst) to 100 (best).
///
/// # Panics
/// When a side of `img` is 0 or more than 65535 pixels, which no JPEG file can hold.
pub fn jpeg(img: &RgbImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(JpegEncoder::new_with_quality(&mut bytes, quality), img);
    bytes
}

fn write(encoder: impl ImageEncoder, img: &RgbImage) {
    let (width, height) = img.dimensions();
    if let Err(error) = encoder.write_image(img.as_raw(), width, height, ExtendedColorType::Rgb8) {
        panic!("encoding a picture of {width}x{height} into memory: {error}");
    }
}
