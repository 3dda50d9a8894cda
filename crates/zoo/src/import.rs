//! From the file that a package carries to a model with its description.

use crate::source::{Source, Weights};
use crate::{Network, ZooError, alexnet, network, squeezenet};

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
    let weights = Weights::read(source.member, weights)?;
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
