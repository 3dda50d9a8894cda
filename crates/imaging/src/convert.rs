//! Converts decoded images to 8-bit sRGB and to luma.

use image::{GrayImage, Luma, Rgb, RgbImage};

use crate::color::{Pixels, inks_to_rgb};

/// Converts `pixels` to 8-bit RGB.
///
/// Gray values are copied to all three channels. 16-bit samples are scaled: 65535 becomes 255. Transparent pixels are blended with white.
/// Inks are converted without a profile.
pub(crate) fn to_rgb(pixels: Pixels) -> RgbImage {
    let image = match pixels {
        Pixels::Image(image) => image,
        Pixels::Cmyk { width, height, samples } => {
            let rgb = inks_to_rgb(&samples);
            return RgbImage::from_raw(width, height, rgb).expect("there are four inks for each pixel");
        }
    };
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let rgba = image.into_rgba8();
    let mut rgb = RgbImage::new(rgba.width(), rgba.height());
    for (pixel, source) in rgb.pixels_mut().zip(rgba.pixels()) {
        let [r, g, b, alpha] = source.0;
        *pixel = Rgb([r, g, b].map(|sample| over_white(sample, alpha)));
    }
    rgb
}

/// Computes the luma of an RGB image (ITU-R BT.601), rounded to the nearest integer. JPEG files store the same values.
pub(crate) fn luma(image: &RgbImage) -> GrayImage {
    let mut luma = GrayImage::new(image.width(), image.height());
    for (pixel, source) in luma.pixels_mut().zip(image.pixels()) {
        let [red, green, blue] = source.0.map(u32::from);
        *pixel = Luma([((299 * red + 587 * green + 114 * blue + 500) / 1000) as u8]);
    }
    luma
}

/// Blends `sample` with white. `alpha` is the opacity, and the result is rounded to the nearest integer.
fn over_white(sample: u8, alpha: u8) -> u8 {
    let alpha = u16::from(alpha);
    let sum = u16::from(sample) * alpha + 255 * (255 - alpha);
    ((sum + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{DynamicImage, ImageBuffer, Luma, LumaA, Rgba};

    fn only<P: Into<DynamicImage>>(image: P) -> [u8; 3] {
        to_rgb(Pixels::Image(image.into())).get_pixel(0, 0).0
    }

    #[test]
    fn sixteen_bits_are_scaled() {
        let gray = |value: u16| ImageBuffer::from_pixel(1, 1, Luma([value]));
        assert_eq!(only(gray(65535)), [255; 3]);
        assert_eq!(only(gray(0)), [0; 3]);
        assert_eq!(only(gray(128 * 257)), [128; 3]);
        // The values around the border between 128 and 129.
        assert_eq!(only(gray(0x80ff)), [128; 3]);
        assert_eq!(only(gray(0x8100)), [128; 3]);
        assert_eq!(only(gray(0x8102)), [129; 3]);
    }

    #[test]
    fn transparent_pixels_are_blended_with_white() {
        let rgba = |pixel: [u8; 4]| ImageBuffer::from_pixel(1, 1, Rgba(pixel));
        assert_eq!(only(rgba([10, 20, 30, 0])), [255; 3]);
        assert_eq!(only(rgba([10, 20, 30, 255])), [10, 20, 30]);
        assert_eq!(only(rgba([0, 255, 0, 128])), [127, 255, 127]);
        let gray = ImageBuffer::from_pixel(1, 1, LumaA([0u8, 51]));
        assert_eq!(only(gray), [204; 3]);
    }
}
