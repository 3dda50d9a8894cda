//! The kinds of samples, and conversions of single pixels.

/// The kind of the samples of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Samples {
    /// Gray, one sample per pixel.
    Gray,
    /// Indices of a palette.
    Palette,
    /// Luma and two colour differences (ITU-R BT.601), 8 bits each.
    YCbCr,
    /// RGB with alpha that is multiplied into the colours.
    Premultiplied,
    /// RGB with a fourth sample that has no meaning.
    RgbWithUnused,
    /// Four inks with 8 bits.
    Cmyk,
    /// Gray with further samples. The first of them is alpha, or has no meaning.
    GrayWith { alpha: bool, premultiplied: bool },
}

/// Divides the colours of a pixel by its alpha, its last sample. `opaque` is the largest sample.
pub(super) fn divide<T: Copy + Into<u32> + TryFrom<u32>>(pixel: &mut [T], opaque: u32) {
    let Some((alpha, colors)) = pixel.split_last_mut() else { return };
    let alpha: u32 = (*alpha).into();
    if alpha == 0 {
        return;
    }
    for color in colors {
        let value: u64 = u64::from((*color).into()) * u64::from(opaque);
        let value = ((value + u64::from(alpha) / 2) / u64::from(alpha)).min(u64::from(opaque)) as u32;
        *color = T::try_from(value).unwrap_or(*color);
    }
}

/// Returns the first three of every four samples.
pub(super) fn without_fourth<T: Copy>(raw: &[T]) -> Vec<T> {
    raw.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect()
}

/// Converts a pixel from YCbCr (ITU-R BT.601, full range) to RGB.
pub(super) fn to_rgb([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb]
        .map(|value| value.round().clamp(0.0, 255.0) as u8)
}
