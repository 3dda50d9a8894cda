//! The check of the configuration before a run.

use anyhow::{Result, anyhow};
use contract::Dataset;
use pipeline::HintExt;

use crate::cut::Base;
use crate::depth::Depth;
use crate::examples::Examples;
use crate::settings::TrialSettings;
use crate::view::Scope;

/// Rejects a data set without two classes or with an empty split, a network that is not safe to run or does not fit its
/// description, a depth that the network does not have, and a batch that is larger than the training split.
pub(crate) fn check(scope: Scope, grid: &[TrialSettings]) -> Result<()> {
    let examples = Examples::new(&Dataset::read(&scope.environment.artifacts)?)?;
    let base = Base::open(scope)?;
    for settings in grid {
        Depth::parse(&settings.tune, &base.network, settings.hidden.len())?;
    }
    let (batch, images) = (scope.config.train.batch_size, examples.train.len());
    if batch > images {
        return Err(anyhow!("train.batch_size is {batch}, and there are {images} training images"))
            .hint(format!("set train.batch_size to {images} or less, or add images"));
    }
    Ok(())
}
