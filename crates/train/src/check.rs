//! What the configuration asks for must be possible before the old outputs are given up.

use crate::view::Scope;
use anyhow::{Result, anyhow};
use contract::Dataset;
use pipeline::HintExt;
use zoo::Network;

use crate::depth::Depth;
use crate::examples::Examples;
use crate::settings::Settings;

/// Refuses data that nothing can be learned from, depths that the network has not, and a batch larger than the training
/// split.
pub(crate) fn check(scope: Scope, grid: &[Settings]) -> Result<()> {
    let examples = Examples::new(&Dataset::read(&scope.environment.artifacts)?)?;
    let (network, _) = Network::open(&scope.environment.data, &scope.config.model.network).hint("run `just setup`")?;
    for settings in grid {
        Depth::parse(&settings.tune, &network, settings.hidden.len())?;
    }
    let (batch, pictures) = (scope.config.train.batch_size, examples.train.len());
    if batch > pictures {
        return Err(anyhow!("train.batch_size is {batch}, and there are {pictures} training pictures"))
            .hint(format!("set train.batch_size to {pictures} or less, or add pictures"));
    }
    Ok(())
}
