//! The identity of the numbers of a trial: the format of the stage and the key of a checkpoint.

use anyhow::Result;
use contract::stages;
use pipeline::Manifest;

use crate::context::TrainContext;
use crate::settings::TrialSettings;

/// Version of the stage's file formats and algorithms.
pub(crate) const FORMAT: u32 = 4;

/// Name of the folder of checkpoints below the folder of the stage.
pub(crate) const CHECKPOINTS: &str = "checkpoints";

/// Returns the key of each trial of `grid`: a hash of everything that its numbers depend on.
pub(crate) fn keys(context: &TrainContext, grid: &[TrialSettings]) -> Result<Vec<blake3::Hash>> {
    let shared = shared(context)?;
    Ok(grid.iter().map(|settings| blake3::keyed_hash(&shared, settings.to_string().as_bytes())).collect())
}

/// Hashes everything that the numbers of all trials depend on.
///
/// The lists of the sweep and the kind of search are not part of it. A sweep that is changed while it is stopped
/// keeps the checkpoints of the trials that it still contains.
fn shared(context: &TrainContext) -> Result<[u8; 32]> {
    let run = context.run;
    let mut train = run.config.train.clone();
    train.tune = Vec::new();
    train.sweep = contract::config::Sweep::default();
    train.search = contract::config::Search::Grid;
    let mut hasher = blake3::Hasher::new_derive_key("tunescope checkpoint of a trial");
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    add(&run.config.seed.to_le_bytes());
    add(serde_json::to_string(&run.config.model)?.as_bytes());
    add(serde_json::to_string(&train)?.as_bytes());
    add(context.base.network.to_json().as_bytes());
    add(runtime::identity(&run.environment.data)?.as_bytes());
    add(&runtime::OPERATORS.to_le_bytes());
    add(&(run.threads() as u64).to_le_bytes());
    add(&fs_err::read(run.upstream(stages::PREPROCESS).join(Manifest::FILE))?);
    add(&FORMAT.to_le_bytes());
    Ok(*hasher.finalize().as_bytes())
}
