//! What decoders that others wrote may do wrong: a panic becomes an error, an error gets this crate's words.

use std::any::Any;
use std::error::Error;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::ImageError;
use image::error::{LimitErrorKind, UnsupportedErrorKind};

use crate::{DecodeError, Format, Limits};

/// Runs `work`, which uses the decoder of `format`, and makes an error of its panic.
///
/// Decoders are written for any input and tested with it, yet they are large. One bad picture must
/// not end a run over thousands.
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
