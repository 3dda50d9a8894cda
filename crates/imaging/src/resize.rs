//! Resizes images: the square input of a network, and thumbnails.

use fast_image_resize::images::{TypedCroppedImage, TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8, U8x3};
use fast_image_resize::{FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};
use image::{GrayImage, RgbImage};

/// Cuts the centre square out of `img` and resizes it to `size` x `size` pixels.
///
/// The filter is bilinear over the area of a new pixel, as in Pillow and in the training of the networks. Shrinking therefore
/// causes no aliasing.
///
/// # Panics
/// Panics when `size` is 0 or `img` has no pixels. [`crate::decode`] returns no such image.
pub fn square(img: &RgbImage, size: u32) -> RgbImage {
    let shorter = img.width().min(img.height());
    let left = (img.width() - shorter) / 2;
    let top = (img.height() - shorter) / 2;
    resize(img, (size, size), FilterType::Bilinear, [left, top, shorter, shorter])
}

/// Shrinks `img` so that its longer side has at most `max_side` pixels. Returns a smaller image unchanged.
///
/// # Panics
/// Panics when `max_side` is 0 or `img` has no pixels.
pub fn thumbnail(img: &RgbImage, max_side: u32) -> RgbImage {
    let (width, height) = img.dimensions();
    match shrunk(width, height, max_side) {
        Some(size) => resize(img, size, FilterType::Lanczos3, [0, 0, width, height]),
        None => img.clone(),
    }
}

/// Shrinks a gray image like [`thumbnail`]. Each new pixel is the mean of its area, which is less sharp and many times faster.
pub(crate) fn thumbnail_luma(img: &GrayImage, max_side: u32) -> GrayImage {
    let (width, height) = img.dimensions();
    match shrunk(width, height, max_side) {
        Some((to_width, to_height)) => {
            let samples =
                samples::<U8>(img, [width, height], [to_width, to_height], FilterType::Box, [0, 0, width, height]);
            let small = GrayImage::from_raw(to_width, to_height, samples);
            small.unwrap_or_else(|| unreachable!("there is one sample per pixel"))
        }
        None => img.clone(),
    }
}

/// Returns the size of an image of `width` x `height` pixels after shrinking it to `max_side`, or `None` when it is small enough.
fn shrunk(width: u32, height: u32, max_side: u32) -> Option<(u32, u32)> {
    let longer = width.max(height);
    let shrink = |side: u32| {
        let exact = u64::from(side) * u64::from(max_side);
        u32::try_from((exact + u64::from(longer) / 2) / u64::from(longer)).map_or(max_side, |side| side.max(1))
    };
    (longer > max_side).then(|| (shrink(width), shrink(height)))
}

/// Resizes the part `[left, top, width, height]` of `img` to `(width, height)`.
///
/// Pixels outside the part do not influence the result. With the crop option of the resizer, they would.
pub(crate) fn resize(img: &RgbImage, (width, height): (u32, u32), filter: FilterType, part: [u32; 4]) -> RgbImage {
    let samples = samples::<U8x3>(img, [img.width(), img.height()], [width, height], filter, part);
    RgbImage::from_raw(width, height, samples).unwrap_or_else(|| unreachable!("there are three samples per pixel"))
}

/// Resizes a part of an image of `from` pixels to `to` (width, height). Returns the samples.
///
/// The pixel type is a parameter, because the resizer would otherwise be compiled for every pixel type.
fn samples<P: PixelTrait>(
    image: &[u8],
    from: [u32; 2],
    to: [u32; 2],
    filter: FilterType,
    [left, top, width, height]: [u32; 4],
) -> Vec<u8> {
    assert!(to[0] > 0 && to[1] > 0 && width > 0 && height > 0, "an image needs at least one pixel");
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
    let mut resized = vec![0; to[0] as usize * to[1] as usize * P::size()];
    let done = TypedImageRef::<P>::from_buffer(from[0], from[1], image).is_ok_and(|whole| {
        let Ok(part) = TypedCroppedImage::from_ref(&whole, left, top, width, height) else { return false };
        TypedImage::<P>::from_buffer(to[0], to[1], &mut resized)
            .is_ok_and(|mut to| Resizer::new().resize_typed(&part, &mut to, &options).is_ok())
    });
    // The part lies inside the image, and each buffer has the length of its pixels, so resizing cannot fail.
    assert!(done, "cannot resize {from:?} to {to:?}");
    resized
}
