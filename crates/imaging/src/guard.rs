//! Converts panics and errors of third-party decoders to [`DecodeError`].

use std::any::Any;
use std::cell::Cell;
use std::error::Error;
use std::io;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use image::ImageError;
use image::error::{LimitErrorKind, UnsupportedErrorKind};

use crate::{DecodeError, Format, Limits};

/// Runs `work`, which uses the decoder of `format`. A panic becomes an error.
///
/// One damaged image must not end a run over thousands of images.
///
/// The error contains the message of the panic, so the panic hook of the process does not print it.
pub(crate) fn guarded<T>(format: Format, work: impl FnOnce() -> Result<T, DecodeError>) -> Result<T, DecodeError> {
    silence_guarded_panics();
    let before = GUARDED.replace(true);
    // A panic leaves nothing in a broken state, because the closure owns its buffers.
    let result = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(before);
    result.unwrap_or_else(|panic| {
        Err(DecodeError::Damaged { format, detail: format!("its decoder gave up ({})", panic_message(panic.as_ref())) })
    })
}

thread_local! {
    /// Whether a panic of this thread becomes an error.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Wraps the panic hook of the process once, so that panics inside [`guarded`] only go to the log, with their position in the code.
fn silence_guarded_panics() {
    static WRAPPED: Once = Once::new();
    WRAPPED.call_once(|| {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if GUARDED.get() {
                tracing::info!(panic = %info, "a decoder panicked");
            } else {
                hook(info);
            }
        }));
    });
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

/// Converts the error of a decoder to an error of this crate.
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

/// Returns whether `error` or one of its causes is an early end of the data.
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
    // The GIF and WebP decoders report it with texts of their own.
    let text = innermost(error).to_lowercase();
    text.contains("unexpected end of file") || text.contains("unexpected eof")
}

/// Returns the message of the innermost cause. The outer messages repeat it with the name of the format.
fn innermost(error: &ImageError) -> String {
    let mut cause: &dyn Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    // Some messages contain line breaks, but a reason is one line.
    cause.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_a_decoder_becomes_an_error() {
        let result: Result<(), _> = guarded(Format::Gif, || panic!("index {} out of range", 7));
        let text = result.unwrap_err().to_string();
        assert_eq!(text, "the GIF data is damaged: its decoder gave up (index 7 out of range)");
    }
}
