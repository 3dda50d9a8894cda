//! The training of one trial: the part above the cut, with the settings of the trial.

use std::borrow::Cow;
use std::time::Instant;

use anyhow::Result;
use contract::StopReason;
use contract::config::ClassWeights;
use graph::Model;
use inference::argmax;
use pipeline::stop;
use runtime::Trainer;
use runtime::training::{self, AdamW, TrainingArtifacts};

use crate::batches::BatchSource;
use crate::checkpoint::{Checkpoint, Checkpoints};
use crate::cut::Cut;
use crate::examples::{Examples, Set};
use crate::features::Features;
use crate::history::{Epoch, History};
use crate::schedule::Schedule;
use crate::settings::TrialSettings;
use crate::view::Run;

/// A trial and everything that its training needs.
#[derive(Debug)]
pub(crate) struct Task<'a> {
    pub run: &'a Run<'a>,
    pub settings: &'a TrialSettings,
    pub cut: &'a Cut,
    pub features: &'a Features,
    pub examples: &'a Examples,
    /// Threads of ONNX Runtime.
    pub threads: usize,
}

impl Task<'_> {
    /// Writes the training files of ONNX Runtime.
    pub fn artifacts(&self) -> Result<TrainingArtifacts> {
        let config = &self.run.config.train;
        let options = training::Options {
            logits: self.cut.logits.clone(),
            trained: Some(self.cut.trained.clone()),
            optimizer: AdamW { weight_decay: self.settings.weight_decay as f32, ..AdamW::default() },
            rates: self.cut.below_head.iter().map(|name| (name.clone(), config.trunk_rate as f32)).collect(),
            label_smoothing: config.label_smoothing as f32,
            class_weights: match config.class_weights {
                ClassWeights::None => None,
                ClassWeights::Balanced => Some(balanced(&self.examples.train.labels, self.examples.classes)),
            },
            ..training::Options::default()
        };
        Ok(training::artifacts(&self.cut.above, &options)?)
    }

    /// Returns the source of the batches for a model with these `artifacts`.
    pub fn source<'a>(&'a self, artifacts: &'a TrainingArtifacts) -> BatchSource<'a> {
        BatchSource {
            run: self.run,
            features: self.features,
            train: &self.examples.train,
            masks: &artifacts.masks,
            dropout: self.settings.dropout,
            copies: self.settings.copies,
        }
    }

    /// Trains until the trial has `epochs` epochs or stops. Resumes after its checkpoint, if there is one, and writes a
    /// checkpoint after every epoch. Calls `report` with the number of images after each step, and with the history after
    /// each epoch.
    ///
    /// All trials of a run draw the first weights, the order of the images, the copies and the masks from the same random
    /// streams, so trials differ only by their settings.
    pub fn train(
        &self,
        epochs: usize,
        checkpoints: &Checkpoints,
        key: &blake3::Hash,
        report: &(impl Fn(usize, Option<&History>) + Sync),
    ) -> Result<History> {
        let found = checkpoints.read(key).unwrap_or_default();
        if found.history.is_done(epochs) {
            return Ok(found.history.into_owned());
        }
        let artifacts = self.artifacts()?;
        let files = artifacts.files(self.examples.classes);
        let source = self.source(&artifacts);
        let config = &self.run.config.train;
        let schedule = Schedule::new(config, self.settings.learning_rate, config.max_epochs * source.steps());
        // Without a state the trial starts from its first epoch, whatever else the checkpoint holds.
        let (mut trainer, mut history, mut kept) = match found.state {
            None => (Trainer::new(&files, self.threads)?, History::default(), Vec::new()),
            Some(state) => {
                let trainer = Trainer::resume(&files, &state, self.threads)?;
                (trainer, found.history.into_owned(), found.kept.into_owned())
            }
        };
        if !history.epochs.is_empty() {
            tracing::info!("{} resumes after epoch {}", self.settings, history.epochs.len());
        }
        if kept.is_empty() && !history.epochs.is_empty() {
            // The last epoch is the kept one, and the state holds its weights.
            kept = trainer.parameters()?;
        }
        while !history.is_done(epochs) {
            let epoch = history.epochs.len();
            let mut step = epoch * source.steps();
            let train_loss = source.epoch(epoch, |batches| -> Result<f32> {
                let mut sum = 0.0;
                for batch in batches {
                    stop::check()?;
                    let batch = batch?;
                    let rate = schedule.rate(step) as f32;
                    sum += trainer.step(&batch.views(), &batch.labels, rate)? * batch.labels.len() as f32;
                    step += 1;
                    report(batch.labels.len(), None);
                }
                Ok(sum / self.examples.train.len() as f32)
            })?;
            let (val_loss, val_accuracy) = judge(&mut trainer, self.features, &self.examples.val)?;
            let is_kept = if train_loss.is_finite() && val_loss.is_finite() {
                history.epochs.push(Epoch { train_loss, val_loss, val_accuracy });
                history.stop_reason = history.stop_reason_after(config);
                history.kept(config.keep).is_some_and(|(at, _)| at == epoch)
            } else {
                history.stop_reason = Some(StopReason::Diverged);
                false
            };
            if is_kept {
                kept = trainer.parameters()?;
            }
            let began = Instant::now();
            let state = if history.stop_reason.is_some() { None } else { Some(trainer.state()?) };
            let kept = if is_kept && state.is_some() { &[] } else { kept.as_slice() };
            let checkpoint = Checkpoint { history: Cow::Borrowed(&history), kept: Cow::Borrowed(kept), state };
            checkpoints.write(key, &checkpoint)?;
            tracing::info!(epoch = epoch + 1, seconds = began.elapsed().as_secs_f64(), "checkpoint");
            report(0, Some(&history));
        }
        Ok(history)
    }

    /// Returns the part above the cut with `weights` from [`Trainer::parameters`].
    pub fn with_weights(&self, weights: &[f32]) -> Result<Model> {
        let mut above = self.cut.above.clone();
        self.artifacts()?.apply(weights, &mut above)?;
        Ok(above)
    }
}

/// Returns a weight for each class, so that all classes have the same share of the loss.
///
/// The weight is `n / (k * n_c)` for `n` images, `k` classes and `n_c` images of the class, like `balanced` of
/// scikit-learn. A class without an image has the weight 0.
fn balanced(labels: &[i64], classes: usize) -> Vec<f32> {
    let weight = |class: usize| match labels.iter().filter(|label| **label == class as i64).count() {
        0 => 0.0,
        count => labels.len() as f32 / (classes * count) as f32,
    };
    (0..classes).map(weight).collect()
}

/// Computes the mean loss in nats and the accuracy on a set, without dropout.
///
/// A row of probabilities that contains NaN counts as wrong. The loss of such a set is NaN, which ends the trial.
pub(crate) fn judge(trainer: &mut Trainer, features: &Features, set: &Set) -> Result<(f32, f32)> {
    const BLOCK: usize = 256;
    let (mut loss, mut right) = (0.0, 0);
    for (rows, labels) in set.blocks(BLOCK) {
        let found = trainer.evaluate(&[features.batch(&rows).view()], labels)?;
        loss += found.loss * labels.len() as f32;
        let rows = found.probabilities.outer_iter().zip(labels);
        right += rows.filter(|(row, label)| argmax(row.iter().copied()) == Some(**label as usize)).count();
    }
    Ok((loss / set.len() as f32, right as f32 / set.len() as f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balanced_weights_give_all_classes_the_same_share() {
        // scikit-learn's compute_class_weight("balanced", classes=[0, 1], y=[0, 0, 0, 1]) returns the same values. It
        // rejects a class without an image.
        assert_eq!(balanced(&[0, 0, 0, 1], 2), [4.0 / 6.0, 2.0]);
        assert_eq!(balanced(&[0, 0, 0, 1], 3), [4.0 / 9.0, 4.0 / 3.0, 0.0]);
    }
}
