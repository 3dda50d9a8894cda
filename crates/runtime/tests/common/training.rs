//! What the tests of trainers share, apart from `common`: not all tests train.

use graph::training::TrainingArtifacts;
use runtime::TrainingFiles;

/// What `graph` made, for a trainer that tells so many classes apart.
pub fn files(made: &TrainingArtifacts, classes: usize) -> TrainingFiles<'_> {
    TrainingFiles {
        training_model: &made.training_model,
        eval_model: &made.eval_model,
        checkpoint: &made.checkpoint,
        classes,
    }
}
