//! The reasons why a JPEG file is refused.

use crate::{DecodeError, Format};

/// Returns the error for a damaged file. `detail` says what is wrong.
pub(super) fn damaged(detail: &impl ToString) -> DecodeError {
    // Some messages contain line breaks, but a reason is one line.
    let detail = detail.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    DecodeError::Damaged { format: Format::Jpeg, detail }
}

/// Returns the error for a kind of JPEG that no decoder here reads. `detail` names the kind.
pub(super) fn unsupported(detail: String) -> DecodeError {
    DecodeError::UnsupportedVariant { format: Format::Jpeg, detail }
}
