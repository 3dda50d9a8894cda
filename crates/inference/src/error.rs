//! Errors of the crate.

use std::path::PathBuf;

use imaging::ReadError;
use runtime::RuntimeError;

/// Reports why a network could not run on images. The message names the image, the network or the tensor.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file of an image could not be read or decoded.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An image does not have the size that the network takes.
    #[error("{image} is {width} x {height} pixels, but the network takes {side} x {side}")]
    Size {
        /// The file of the image, or its index in the batch.
        image: String,
        /// Width of the image in pixels.
        width: u32,
        /// Height of the image in pixels.
        height: u32,
        /// Side of the images that the network takes in pixels.
        side: u32,
    },
    /// The network is a trunk: it ends with features and has no classes.
    #[error("network `{network}` has no classifier, so it cannot name classes")]
    NoClassifier {
        /// The name of the network.
        network: String,
    },
    /// The values of an image are not numbers, so no class is the most probable one.
    #[error("the network's values for {image} are not numbers (NaN)")]
    NotANumber {
        /// What the user knows the image by: a path or a URL.
        image: String,
    },
    /// The output that the description calls probabilities has other values.
    #[error(
        "{}: `{tensor}` are not probabilities: the values for an image add up to {sum}, the smallest is {least}",
        model.display()
    )]
    NotProbabilities {
        /// The file of the model.
        model: PathBuf,
        /// The name of the output.
        tensor: String,
        /// The sum of the values for one image.
        sum: f32,
        /// The smallest of these values.
        least: f32,
    },
    /// A tensor of the model does not have the shape that its description promises.
    #[error("`{tensor}` of the model has the shape {found:?} instead of {expected:?}")]
    Shape {
        /// The name of the tensor.
        tensor: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape by the description.
        expected: Vec<usize>,
    },
    /// The model lacks an output that its description names.
    #[error("the model has no output `{output}`")]
    NoOutput {
        /// The name of the output.
        output: String,
    },
    /// The network cannot be opened.
    #[error(transparent)]
    Network(Box<zoo::ZooError>),
    /// The model cannot be cut or rewritten.
    #[error(transparent)]
    Graph(#[from] graph::Error),
    /// ONNX Runtime failed.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
}

impl From<zoo::ZooError> for Error {
    fn from(error: zoo::ZooError) -> Self {
        Self::Network(Box::new(error))
    }
}

impl Error {
    /// Returns what the user can do about the error.
    pub fn advice(&self) -> String {
        match self {
            Self::Read(_) => "check the image with another program".to_owned(),
            Self::Size { side, .. } => format!("resize the image to {side} x {side} pixels"),
            Self::NoClassifier { .. } => {
                "`--network squeezenet` has a classifier; `just train` adds one to this network".to_owned()
            }
            Self::NotANumber { .. } => {
                "the weights are too large for these pixels: check `input` in the description, or the export".to_owned()
            }
            Self::NotProbabilities { .. } => {
                "name the output of the softmax as `probabilities` in the description of the network".to_owned()
            }
            Self::Shape { .. } | Self::NoOutput { .. } => "correct the description of the network".to_owned(),
            Self::Network(error) => error.advice(),
            Self::Graph(error) => error.advice().to_owned(),
            Self::Runtime(error) => error.advice(),
        }
    }
}
