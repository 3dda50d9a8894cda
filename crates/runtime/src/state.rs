//! The state of a training.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::RuntimeError;
use crate::floats;
use crate::training::TrainingFiles;

/// Everything that the next step of a training depends on: [`crate::Trainer::state`] returns it, and
/// [`crate::Trainer::resume`] continues from it.
///
/// It borrows the optimizer's moments from the trainer. It is stored by `serde`, in a format that can hold bytes: 12 bytes
/// for each trained weight. The caller guards the stored bytes against damage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingState<'a> {
    /// Hash of the models that the state belongs to.
    models: [u8; 32],
    /// Number of steps so far.
    pub(crate) steps: i64,
    /// Trained weights, first moments and second moments, of equal lengths.
    #[serde(with = "floats")]
    pub(crate) weights: Cow<'a, [f32]>,
    #[serde(with = "floats")]
    pub(crate) first_moments: Cow<'a, [f32]>,
    #[serde(with = "floats")]
    pub(crate) second_moments: Cow<'a, [f32]>,
}

impl<'a> TrainingState<'a> {
    /// Makes the state after `steps` steps.
    pub(crate) fn new(models: blake3::Hash, steps: i64, weights: Vec<f32>, moments: [&'a [f32]; 2]) -> Self {
        let [first_moments, second_moments] = moments.map(Cow::Borrowed);
        Self { models: *models.as_bytes(), steps, weights: Cow::Owned(weights), first_moments, second_moments }
    }

    /// Returns the state with values of its own, independent of the trainer.
    pub fn into_owned(self) -> TrainingState<'static> {
        let own = |values: Cow<'_, [f32]>| Cow::Owned(values.into_owned());
        TrainingState {
            models: self.models,
            steps: self.steps,
            weights: own(self.weights),
            first_moments: own(self.first_moments),
            second_moments: own(self.second_moments),
        }
    }

    /// Checks that the state belongs to `models` with `values` trained weights.
    pub(crate) fn check(&self, models: &blake3::Hash, values: usize) -> Result<(), RuntimeError> {
        let lists = [&self.weights, &self.first_moments, &self.second_moments];
        if self.models == *models.as_bytes() && lists.iter().all(|list| list.len() == values) {
            return Ok(());
        }
        Err(RuntimeError::BadState { reason: "it belongs to another model or to other settings".to_owned() })
    }
}

/// Returns a hash of the models that a state belongs to.
pub(crate) fn models(files: &TrainingFiles) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    for model in [files.training_model, files.eval_model] {
        hasher.update(&(model.len() as u64).to_le_bytes());
        hasher.update(model);
    }
    hasher.finalize()
}
