//! From bytes that anyone may have made to a picture, or to the reason why not.

use std::any::Any;
use std::error::Error;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::error::{LimitErrorKind, UnsupportedErrorKind};
use image::{DynamicImage, ImageError, RgbImage};

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

/// Runs `work`, which uses the decoder of `format`, and makes an error of its panic.
///
/// Decoders are written for any input and tested with it, yet they are large and this project
/// builds them with overflow checks. One bad picture must not end a run over thousands.
pub(crate) fn guarded<T>(format: Format, work: impl FnOnce() -> Result<T, DecodeError>) -> Result<T, DecodeError> {
    // Nothing that the closure changes outlives a panic: its buffers are its own.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        Err(DecodeError::Damaged { format, detail: format!("its decoder gave up ({})", panic_message(panic.as_ref())) })
    })
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

/// A decoder's error in this crate's words.
pub(crate) fn explain(error: ImageError, format: Format, limits: &Limits) -> DecodeError {
    if ran_out_of_data(&error) {
        return DecodeError::Truncated { format };
    }
    let detail = innermost(&error);
    match error {
        ImageError::Limits(limit) if limit.kind() == LimitErrorKind::InsufficientMemory => {
            DecodeError::TooMuchMemory { needed: None, limit: limits.max_bytes }
        }
        ImageError::Unsupported(unsupported) => DecodeError::UnsupportedVariant {
            format,
            detail: match unsupported.kind() {
                UnsupportedErrorKind::GenericFeature(feature) => feature,
                _ => detail,
            },
        },
        _ => DecodeError::Damaged { format, detail },
    }
}

/// Whether `error` or one of its causes is that the data ended too early.
fn ran_out_of_data(error: &ImageError) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<io::Error>()
            && io.kind() == io::ErrorKind::UnexpectedEof
        {
            return true;
        }
        if let Some(ImageError::IoError(io)) = error.downcast_ref::<ImageError>()
            && io.kind() == io::ErrorKind::UnexpectedEof
        {
            return true;
        }
        cause = error.source();
    }
    // GIF and WebP decoders have words of their own for it.
    let text = innermost(error).to_lowercase();
    text.contains("unexpected end of file") || text.contains("unexpected eof")
}

/// The message of the cause that lies deepest: the others repeat it with the format's name.
fn innermost(error: &ImageError) -> String {
    let mut cause: &dyn Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    // Some messages hold line ends, and a reason is one line.
    cause.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoder_that_panics_makes_one_damaged_picture() {
        let result: Result<(), _> = guarded(Format::Gif, || panic!("index {} out of range", 7));
        let text = result.unwrap_err().to_string();
        assert_eq!(text, "the GIF data is damaged: its decoder gave up (index 7 out of range)");
    }
}
