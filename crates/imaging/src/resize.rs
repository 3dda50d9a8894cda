//! Smaller pictures: the square a network takes, and thumbnails.

use fast_image_resize::images::{TypedCroppedImage, TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbImage;

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
    let longer = width.max(height);
    if longer <= max_side {
        return img.clone();
    }
    let shrink = |side: u32| {
        let exact = u64::from(side) * u64::from(max_side);
        u32::try_from((exact + u64::from(longer) / 2) / u64::from(longer)).map_or(max_side, |side| side.max(1))
    };
    resize(img, (shrink(width), shrink(height)), FilterType::Lanczos3, [0, 0, width, height])
}

/// The part `[left, top, width, height]` of `img`, resized to `(width, height)`. What lies outside
/// the part has no influence, unlike with the crop option of the resizer.
pub(crate) fn resize(
    img: &RgbImage,
    (width, height): (u32, u32),
    filter: FilterType,
    [left, top, part_width, part_height]: [u32; 4],
) -> RgbImage {
    assert!(width > 0 && height > 0 && part_width > 0 && part_height > 0, "a picture needs at least one pixel");
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
    let mut resized = RgbImage::new(width, height);
    // Typed: the resizer's own choice by pixel type would compile its code for every type there is.
    let done = TypedImageRef::<U8x3>::from_buffer(img.width(), img.height(), img.as_raw()).is_ok_and(|whole| {
        let Ok(part) = TypedCroppedImage::from_ref(&whole, left, top, part_width, part_height) else { return false };
        TypedImage::<U8x3>::from_buffer(width, height, &mut resized)
            .is_ok_and(|mut to| Resizer::new().resize_typed(&part, &mut to, &options).is_ok())
    });
    // The part lies inside the picture, and each buffer is as long as its pixels.
    assert!(done, "cannot resize {}x{} to {width}x{height}", img.width(), img.height());
    resized
}
