//! The errors of TIFF files.

use tiff::TiffError;

use crate::{DecodeError, Format};

pub(super) fn unsupported(detail: &str) -> DecodeError {
    DecodeError::UnsupportedVariant { format: Format::Tiff, detail: detail.to_owned() }
}

pub(super) fn damaged(detail: &str) -> DecodeError {
    DecodeError::Damaged { format: Format::Tiff, detail: detail.to_owned() }
}

/// Converts an error of the crate `tiff`.
pub(super) fn explain(error: TiffError) -> DecodeError {
    match error {
        TiffError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            DecodeError::Truncated { format: Format::Tiff }
        }
        TiffError::UnsupportedError(what) => unsupported(&what.to_string()),
        TiffError::LimitsExceeded => damaged("its data are larger than they say"),
        other => damaged(&other.to_string()),
    }
}
