//! Converts a file of weights to a model with its description.

use installed::sha256;

use crate::source::{WeightSource, Weights};
use crate::sources::source;
use crate::{Network, ZooError};

/// A network that is ready to be installed.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The bytes of `model.onnx`. The same weights give the same bytes.
    pub model: Vec<u8>,
    /// The description, with the SHA-256 of `model`.
    pub network: Network,
}

/// Builds the network `name` from the bytes of its weights, which are the file [`WeightSource::member`].
///
/// # Errors
/// Returns an error when there is no such network, when the SHA-256 of `weights` differs from the source's, or when the weights
/// do not fit the network.
pub fn import(name: &str, weights: &[u8]) -> Result<Imported, ZooError> {
    let source = source(name)?;
    let found = sha256(weights);
    if found != source.sha256 {
        let expected = source.sha256.to_owned();
        return Err(ZooError::Hash { file: source.member.to_owned(), expected, found });
    }
    convert(source, weights)
}

/// Builds a network without checking the SHA-256, so that tests can use weights of their own.
fn convert(source: &WeightSource, weights: &[u8]) -> Result<Imported, ZooError> {
    let weights = Weights::read(source.member, weights)?;
    let (model, mut network) = (source.build)(&weights)?;
    network.origin =
        format!("{} (`{}` of the Python package {} {})", network.origin, source.member, source.package, source.version);
    let model = model.to_bytes();
    network.sha256 = sha256(&model);
    Ok(Imported { model, network })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
