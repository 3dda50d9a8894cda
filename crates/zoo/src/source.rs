//! The source of a network's weights, and the arrays in a file of weights.

use std::collections::BTreeMap;

use graph::Model;
use ndarray::{Array1, Array2, Array4, Ix1, Ix2, Ix4};

use crate::pickle::{self, WeightArray};
use crate::{Network, ZooError};

/// The source of a network's weights: one file in a Python package.
#[derive(Clone, Copy, Debug)]
pub struct WeightSource {
    /// The name of the network.
    pub network: &'static str,
    /// The name of the package in the package index.
    pub package: &'static str,
    /// The version of the package.
    pub version: &'static str,
    /// The file of the package.
    pub archive: Archive,
    /// The SHA-256 of the file of the package, 64 hex digits.
    pub archive_sha256: &'static str,
    /// The size of the file of the package in bytes.
    pub archive_bytes: u64,
    /// The path of the weights in the package. In a source distribution, it is the path below the top folder.
    pub member: &'static str,
    /// The SHA-256 of the weights, 64 hex digits.
    pub sha256: &'static str,
    /// The size of the weights in bytes.
    pub bytes: u64,
    /// Builds the network.
    pub(crate) build: fn(&Weights) -> Result<(Model, Network), ZooError>,
}

/// The kind of the file of a Python package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Archive {
    /// The source distribution `<package>-<version>.tar.gz`.
    Sdist,
    /// The wheel of this name, a zip archive.
    Wheel(&'static str),
}

/// The arrays of a file of weights by their paths.
pub(crate) struct Weights<'a> {
    file: &'a str,
    arrays: BTreeMap<String, WeightArray<'a>>,
    /// Whether the kernels are `[out, in, height, width]`, as in a file of PyTorch, or `[height, width, in, out]`.
    outputs_first: bool,
}

impl<'a> Weights<'a> {
    /// Reads the arrays in `bytes`. Errors name the file as `file`.
    pub(crate) fn read(file: &'a str, bytes: &'a [u8]) -> Result<Self, ZooError> {
        let outputs_first = pickle::is_torch(bytes);
        let arrays = if outputs_first { pickle::tensors(file, bytes)? } else { pickle::arrays(file, bytes)? };
        Ok(Self { file, arrays, outputs_first })
    }

    /// Returns the kernel of a convolution as `[out, in, height, width]`.
    pub(crate) fn kernel(&self, path: &str) -> Result<Array4<f32>, ZooError> {
        let kernel = self.find(path)?.to_array();
        let kernel = kernel.into_dimensionality::<Ix4>().map_err(|_| self.wrong(path, "does not have four axes"))?;
        if self.outputs_first {
            return Ok(kernel);
        }
        Ok(kernel.permuted_axes([3, 2, 0, 1]).as_standard_layout().into_owned())
    }

    /// Returns the weights of a dense layer as `[out, in]`.
    pub(crate) fn matrix(&self, path: &str) -> Result<Array2<f32>, ZooError> {
        let matrix = self.find(path)?.to_array();
        matrix.into_dimensionality::<Ix2>().map_err(|_| self.wrong(path, "does not have two axes"))
    }

    /// Returns an array with one axis, such as a bias `[out]`.
    pub(crate) fn vector(&self, path: &str) -> Result<Array1<f32>, ZooError> {
        let vector = self.find(path)?.to_array();
        vector.into_dimensionality::<Ix1>().map_err(|_| self.wrong(path, "does not have one axis"))
    }

    fn find(&self, path: &str) -> Result<&WeightArray<'_>, ZooError> {
        self.arrays.get(path).ok_or_else(|| self.wrong(path, "is missing"))
    }

    /// Returns the error that the array at `path` does not fit.
    pub(crate) fn wrong(&self, path: &str, reason: &str) -> ZooError {
        ZooError::Weights { file: self.file.to_owned(), array: path.to_owned(), reason: reason.to_owned() }
    }
}
