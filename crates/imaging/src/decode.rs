//! From bytes that anyone may have made to a picture, or to the reason why not.

use std::path::Path;

use image::{DynamicImage, RgbImage};

use crate::guard::{explain, guarded};
use crate::{DecodeError, Format, Limits, ReadError, convert, header, jpeg};

/// Decodes the picture in `bytes` to upright 8-bit sRGB.
///
/// The content decides the format. The limits are checked on the header, before decoding. Gray,
/// palette, 16-bit, CMYK and YCCK pictures are converted; transparency is laid over white; the
/// first frame of an animation is taken; the EXIF orientation is applied; an ICC profile is
/// ignored. A picture with missing data is an error, never half a picture.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<RgbImage, DecodeError> {
    let format = header::format_of(bytes)?;
    guarded(format, || {
        let (_, orientation, decoder) = header::open(bytes, format, limits)?;
        let picture = DynamicImage::from_decoder(decoder).map_err(|error| explain(error, format, limits))?;
        let picture = convert::to_rgb(picture);
        if format == Format::Jpeg
            && let Some(detail) = jpeg::damage(bytes, &picture)
        {
            return Err(DecodeError::Damaged { format, detail });
        }
        let mut upright = DynamicImage::ImageRgb8(picture);
        upright.apply_orientation(orientation);
        Ok(upright.into_rgb8())
    })
}

/// Reads the file at `path` and [`decode`]s it; errors name the file.
///
/// A file larger than the memory limit is refused unread.
pub fn read(path: &Path, limits: &Limits) -> Result<RgbImage, ReadError> {
    let file = |source| ReadError::File { path: path.to_owned(), source };
    let picture = |source| ReadError::Picture { path: path.to_owned(), source };
    let size = std::fs::metadata(path).map_err(file)?.len();
    if size > limits.max_bytes {
        return Err(picture(DecodeError::TooMuchMemory { needed: Some(size), limit: limits.max_bytes }));
    }
    let bytes = std::fs::read(path).map_err(file)?;
    decode(&bytes, limits).map_err(picture)
}
