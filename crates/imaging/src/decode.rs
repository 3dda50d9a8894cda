//! From bytes that anyone may have made to a picture, or to the reason why not.

use std::path::Path;

use image::{DynamicImage, GrayImage, RgbImage};

use crate::guard::{explain, guarded};
use crate::{DecodeError, Format, Header, Limits, ReadError, convert, header, jpeg};

/// Decodes the picture in `bytes` to upright 8-bit sRGB.
///
/// The content decides the format. The limits are checked on the header, before decoding. Gray,
/// palette, 16-bit, CMYK and YCCK pictures are converted; transparency is laid over white; the
/// first frame of an animation is taken; the EXIF orientation is applied; an ICC profile is
/// ignored. A picture with missing data is an error, never half a picture.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<RgbImage, DecodeError> {
    let format = header::format_of(bytes)?;
    guarded(format, || {
        let (header, decoder) = header::open(bytes, format, limits)?;
        let picture = DynamicImage::from_decoder(decoder).map_err(|error| explain(error, format, limits))?;
        let picture = convert::to_rgb(picture);
        if format == Format::Jpeg
            && picture.rows().next_back().is_some_and(|row| row.into_iter().all(|pixel| pixel.0 == [jpeg::FILL; 3]))
        {
            jpeg::check_all(bytes)?;
        }
        let mut upright = DynamicImage::ImageRgb8(picture);
        upright.apply_orientation(header.orientation);
        Ok(upright.into_rgb8())
    })
}

/// The luma (ITU-R BT.601, 0 to 255) of the JPEG picture in `bytes`, of which [`crate::inspect`] gave `header`, upright; `None` for
/// other pictures, and for those whose file does not hold it apart from the colours.
///
/// What [`decode`] refuses after the header is refused here, for the same reason. Colours are not made, which saves much of the time.
pub(crate) fn decode_luma(bytes: &[u8], header: &Header) -> Result<Option<GrayImage>, DecodeError> {
    if header.format != Format::Jpeg {
        return Ok(None);
    }
    guarded(header.format, || {
        let Some(picture) = jpeg::luma(bytes, [header.width, header.height])? else { return Ok(None) };
        if picture.rows().next_back().is_some_and(|row| row.into_iter().all(|pixel| pixel.0 == [jpeg::FILL])) {
            jpeg::check_all(bytes)?;
        }
        let mut upright = DynamicImage::ImageLuma8(picture);
        upright.apply_orientation(header.orientation);
        Ok(Some(upright.into_luma8()))
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
