//! Errors of the attribution methods.

/// An error of an attribution method.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The graph of the network cannot be used.
    #[error(transparent)]
    Graph(#[from] graph::Error),
    /// The runtime failed.
    #[error(transparent)]
    Runtime(#[from] runtime::RuntimeError),
    /// The windows do not fit the image.
    #[error(
        "windows of {patch} pixels every {stride} pixels do not fit an image of {size}: both must be from 1 to {size}"
    )]
    Windows {
        /// Side of the image, in pixels.
        size: usize,
        /// Side of a window, in pixels.
        patch: usize,
        /// Pixels from one window to the next.
        stride: usize,
    },
    /// The windows leave pixels that no window covers.
    #[error("windows of {patch} pixels every {stride} pixels leave gaps")]
    Gaps {
        /// Side of a window, in pixels.
        patch: usize,
        /// Pixels from one window to the next.
        stride: usize,
    },
    /// The network has no such class.
    #[error("there is no class {class}: the network has {classes} classes, numbered from 0")]
    Class {
        /// The index of the class.
        class: usize,
        /// The number of classes of the network.
        classes: usize,
    },
    /// The method does not support the network.
    #[error("{model}: {reason}")]
    Unsuitable {
        /// The label of the network, or the name of a tensor.
        model: String,
        /// Why the method does not support it.
        reason: String,
    },
}

impl Error {
    /// Makes the error for an array from the runtime that does not have the shape that its model declares.
    #[allow(clippy::needless_pass_by_value, reason = "for `map_err`")]
    pub(crate) fn shape(error: ndarray::ShapeError) -> Self {
        Self::Unsuitable { model: "a part of the network".to_owned(), reason: error.to_string() }
    }
}
