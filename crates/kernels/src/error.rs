//! Errors of the kernels.

/// The reason why a kernel cannot run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A size, a stride, a dilation or a count is zero.
    #[error("{0} of a convolution is zero")]
    Zero(&'static str),
    /// The channels or the filters are not a multiple of the groups.
    #[error("{count} {what} of a convolution are not a multiple of its {groups} groups")]
    Groups {
        /// `channels` or `filters`.
        what: &'static str,
        /// Number of channels or filters.
        count: usize,
        /// Number of groups.
        groups: usize,
    },
    /// The window is larger than the padded input.
    #[error("a convolution's window of {window} is larger than the padded {axis} of {padded}")]
    Window {
        /// `height` or `width`.
        axis: &'static str,
        /// Pixels from the first tap to the last, both included.
        window: usize,
        /// Pixels of the input along the axis, padding included.
        padded: usize,
    },
    /// A tensor of the convolution has too many values to compute with.
    #[error("the {what} of a convolution would be {values}, supported are at most 2^31")]
    TooLarge {
        /// `size`, `input`, `filters` or `output`.
        what: &'static str,
        /// The size, or the number of values.
        values: u128,
    },
    /// The length of a slice does not match the geometry or the other slices.
    #[error("the {what} has {found} values, not {expected}")]
    Length {
        /// `weight`, `bias`, `input` or `output`.
        what: &'static str,
        /// Expected number of values.
        expected: usize,
        /// Actual number of values.
        found: usize,
    },
}

/// Returns an error unless the slice called `what` has `expected` values.
pub(crate) fn expect_length(what: &'static str, expected: usize, found: usize) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(Error::Length { what, expected, found }) }
}
