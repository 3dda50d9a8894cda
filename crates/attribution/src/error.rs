//! What can go wrong while a network is asked about a picture.

/// An error of an attribution method.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The network's graph cannot be used for it.
    #[error(transparent)]
    Graph(#[from] graph::Error),
    /// The runtime failed.
    #[error(transparent)]
    Runtime(#[from] runtime::RuntimeError),
    /// Windows that no picture of this size has.
    #[error("windows of {patch} pixels every {stride} in a picture of {size}: both must be from 1 to {size}")]
    Windows {
        /// Side of the picture, in pixels.
        size: usize,
        /// Side of a window.
        patch: usize,
        /// Pixels from one window to the next.
        stride: usize,
    },
    /// The network is not of the kind that the method is for.
    #[error("{model}: {reason}")]
    Unsuitable {
        /// What the network is called.
        model: String,
        /// Why it does not fit.
        reason: String,
    },
}

impl Error {
    /// The runtime gave an array of a shape that its own model does not have.
    #[allow(clippy::needless_pass_by_value, reason = "for `map_err`")]
    pub(crate) fn misshapen(error: ndarray::ShapeError) -> Self {
        Self::Unsuitable { model: "a part of the network".to_owned(), reason: error.to_string() }
    }
}
