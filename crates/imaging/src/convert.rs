//! Whatever a decoder gives, as 8-bit sRGB.

use image::{DynamicImage, GrayImage, Luma, Rgb, RgbImage};

/// `picture` as 8-bit RGB: gray is copied to all three channels, 16-bit samples are scaled
/// (65535 becomes 255) and not cut, and what is transparent is laid over white.
pub(crate) fn to_rgb(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let rgba = picture.into_rgba8();
    let mut rgb = RgbImage::new(rgba.width(), rgba.height());
    for (pixel, source) in rgb.pixels_mut().zip(rgba.pixels()) {
        let [r, g, b, alpha] = source.0;
        *pixel = Rgb([r, g, b].map(|sample| over_white(sample, alpha)));
    }
    rgb
}

/// The luma of 8-bit RGB after ITU-R BT.601, as JPEG files hold it, rounded to nearest.
pub(crate) fn luma(picture: &RgbImage) -> GrayImage {
    let mut luma = GrayImage::new(picture.width(), picture.height());
    for (pixel, source) in luma.pixels_mut().zip(picture.pixels()) {
        let [red, green, blue] = source.0.map(u32::from);
        *pixel = Luma([((299 * red + 587 * green + 114 * blue + 500) / 1000) as u8]);
    }
    luma
}

/// `sample` with opacity `alpha` over white, rounded to nearest.
fn over_white(sample: u8, alpha: u8) -> u8 {
    let alpha = u16::from(alpha);
    let sum = u16::from(sample) * alpha + 255 * (255 - alpha);
    ((sum + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageBuffer, Luma, LumaA, Rgba};

    fn only<P: Into<DynamicImage>>(picture: P) -> [u8; 3] {
        to_rgb(picture.into()).get_pixel(0, 0).0
    }

    #[test]
    fn sixteen_bits_are_scaled() {
        let gray = |value: u16| ImageBuffer::from_pixel(1, 1, Luma([value]));
        assert_eq!(only(gray(65535)), [255; 3]);
        assert_eq!(only(gray(0)), [0; 3]);
        assert_eq!(only(gray(128 * 257)), [128; 3]);
        // 0x80ff cut to its upper byte would be 128; it is nearer to 129.
        assert_eq!(only(gray(0x80ff)), [128; 3]);
        assert_eq!(only(gray(0x8100)), [128; 3]);
        assert_eq!(only(gray(0x8102)), [129; 3]);
    }

    #[test]
    fn transparency_lies_over_white() {
        let rgba = |pixel: [u8; 4]| ImageBuffer::from_pixel(1, 1, Rgba(pixel));
        assert_eq!(only(rgba([10, 20, 30, 0])), [255; 3]);
        assert_eq!(only(rgba([10, 20, 30, 255])), [10, 20, 30]);
        assert_eq!(only(rgba([0, 255, 0, 128])), [127, 255, 127]);
        let gray = ImageBuffer::from_pixel(1, 1, LumaA([0u8, 51]));
        assert_eq!(only(gray), [204; 3]);
    }
}
