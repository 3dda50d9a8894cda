//! The networks that `setup` can install.

use crate::source::WeightSource;
use crate::{ZooError, alexnet, efficientnet, squeezenet};

static SOURCES: [WeightSource; 3] = [alexnet::SOURCE, squeezenet::SOURCE, efficientnet::LITE0];

/// Returns the sources of all networks, in the order in which `setup` installs them.
pub fn sources() -> &'static [WeightSource] {
    &SOURCES
}

/// Returns the source of the network `name`.
///
/// # Errors
/// Returns an error when there is no such network.
pub fn source(name: &str) -> Result<&'static WeightSource, ZooError> {
    let found = SOURCES.iter().find(|source| source.network == name);
    found.ok_or_else(|| ZooError::UnknownSource {
        name: name.to_owned(),
        known: SOURCES.map(|source| source.network).join(", "),
    })
}
