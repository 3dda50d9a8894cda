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

/// Returns the error for data that end too early.
pub(super) fn truncated() -> DecodeError {
    DecodeError::Truncated { format: Format::Jpeg }
}

/// Returns the error for bits that are no code, and for a block with too many coefficients.
pub(super) fn invalid_code() -> DecodeError {
    damaged(&"its data contain an invalid Huffman code")
}

/// Returns the error for a scan that refers to a table that the file does not have.
pub(super) fn no_table() -> DecodeError {
    damaged(&"a Huffman table is missing")
}
