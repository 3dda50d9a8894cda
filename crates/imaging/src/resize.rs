//! Smaller pictures: the square a network takes, and thumbnails.

use fast_image_resize::images::{TypedCroppedImage, TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8, U8x3};
use fast_image_resize::{FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};
use image::{GrayImage, RgbImage};

/// The centre square of `img`, resized to `size` x `size` pixels.
///
/// The filter is bilinear over the area that a new pixel covers, as in Pillow and in the training
/// of the networks; shrinking therefore does not alias.
///
/// # Panics
/// When `size` is 0 or `img` has no pixels; [`crate::decode`] returns no such picture.
pub fn square(img: &RgbImage, size: u32) -> RgbImage {
    let shorter = img.width().min(img.height());
    let left = (img.width() - shorter) / 2;
    let top = (img.height() - shorter) / 2;
    resize(img, (size, size), FilterType::Bilinear, [left, top, shorter, shorter])
}

/// The whole of `img`, made smaller so that its longer side is at most `max_side` pixels; a
/// picture that is small enough is returned as it is.
///
/// # Panics
/// When `max_side` is 0 or `img` has no pixels.
pub fn thumbnail(img: &RgbImage, max_side: u32) -> RgbImage {
    let (width, height) = img.dimensions();
    match shrunk(width, height, max_side) {
        Some(size) => resize(img, size, FilterType::Lanczos3, [0, 0, width, height]),
        None => img.clone(),
    }
}

/// As [`thumbnail`], of a picture without colours, each new pixel the mean of the area that it covers: blunter, and many times faster.
pub(crate) fn thumbnail_luma(img: &GrayImage, max_side: u32) -> GrayImage {
    let (width, height) = img.dimensions();
    match shrunk(width, height, max_side) {
        Some((to_width, to_height)) => {
            let samples =
                samples::<U8>(img, [width, height], [to_width, to_height], FilterType::Box, [0, 0, width, height]);
            let small = GrayImage::from_raw(to_width, to_height, samples);
            small.unwrap_or_else(|| unreachable!("one sample a pixel"))
        }
        None => img.clone(),
    }
}

/// The size of a picture of `width` x `height` made smaller to `max_side`, unless it is small enough.
fn shrunk(width: u32, height: u32, max_side: u32) -> Option<(u32, u32)> {
    let longer = width.max(height);
    let shrink = |side: u32| {
        let exact = u64::from(side) * u64::from(max_side);
        u32::try_from((exact + u64::from(longer) / 2) / u64::from(longer)).map_or(max_side, |side| side.max(1))
    };
    (longer > max_side).then(|| (shrink(width), shrink(height)))
}

/// The part `[left, top, width, height]` of `img`, resized to `(width, height)`. What lies outside
/// the part has no influence, unlike with the crop option of the resizer.
pub(crate) fn resize(img: &RgbImage, (width, height): (u32, u32), filter: FilterType, part: [u32; 4]) -> RgbImage {
    let samples = samples::<U8x3>(img, [img.width(), img.height()], [width, height], filter, part);
    RgbImage::from_raw(width, height, samples).unwrap_or_else(|| unreachable!("three samples a pixel"))
}

/// The samples of `part` of a picture of `from` pixels, resized to `to` (width, height).
///
/// Typed: the resizer's own choice by pixel type would compile its code for every type there is.
fn samples<P: PixelTrait>(
    picture: &[u8],
    from: [u32; 2],
    to: [u32; 2],
    filter: FilterType,
    [left, top, width, height]: [u32; 4],
) -> Vec<u8> {
    assert!(to[0] > 0 && to[1] > 0 && width > 0 && height > 0, "a picture needs at least one pixel");
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
    let mut resized = vec![0; to[0] as usize * to[1] as usize * P::size()];
    let done = TypedImageRef::<P>::from_buffer(from[0], from[1], picture).is_ok_and(|whole| {
        let Ok(part) = TypedCroppedImage::from_ref(&whole, left, top, width, height) else { return false };
        TypedImage::<P>::from_buffer(to[0], to[1], &mut resized)
            .is_ok_and(|mut to| Resizer::new().resize_typed(&part, &mut to, &options).is_ok())
    });
    // The part lies inside the picture, and each buffer is as long as its pixels.
    assert!(done, "cannot resize {from:?} to {to:?}");
    resized
}
