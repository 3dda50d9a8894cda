//! One trial: what lies above the cut, trained with its settings until the validation loss stops falling.

use std::fmt;
use std::time::Instant;

use anyhow::Result;
use graph::Model;
use graph::training::{self, AdamW, TrainingArtifacts};
use ndarray::ArrayViewD;
use pipeline::config::{self, ClassWeights, Keep};
use pipeline::{Run, stop};
use runtime::{Trainer, TrainingFiles};

use crate::batches::Source;
use crate::checkpoint::{Checkpoints, Parts};
use crate::cut::Cut;
use crate::examples::{Examples, Set};
use crate::features::Features;
use crate::schedule::Schedule;
use crate::settings::Settings;

/// One pass over the training split.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Epoch {
    /// Mean loss over the epoch's steps, dropout on, in nats; class weights and label smoothing are in it.
    pub train_loss: f32,
    /// Mean cross-entropy on the validation split, in nats.
    pub val_loss: f32,
    /// Top-1 accuracy on the validation split, in [0, 1].
    pub val_accuracy: f32,
}

/// Why a trial ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The validation loss stopped falling.
    EarlyStopping,
    /// It came to `train.max_epochs`.
    MaxEpochs,
    /// A loss was no finite number.
    Diverged,
    /// After a rung, others were better.
    Halved,
}

impl fmt::Display for Ended {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str(match self {
            Self::EarlyStopping => "early stopping",
            Self::MaxEpochs => "max epochs",
            Self::Diverged => "diverged",
            Self::Halved => "halved",
        })
    }
}

/// How far a trial has come.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Course {
    pub history: Vec<Epoch>,
    /// Why it goes on no more; `None` while it may.
    pub ended: Option<Ended>,
}

impl Course {
    /// The epoch whose weights are kept, and its place: the last, or the one with the least validation loss, the first
    /// of equals.
    pub fn kept(&self, keep: Keep) -> Option<(usize, &Epoch)> {
        let mut epochs = self.history.iter().enumerate();
        match keep {
            Keep::Best => epochs.min_by(|(_, a), (_, b)| a.val_loss.total_cmp(&b.val_loss)),
            Keep::Last => epochs.next_back(),
        }
    }

    /// Whether nothing is left to do until `epochs` epochs are done.
    pub fn is_done(&self, epochs: usize) -> bool {
        self.ended.is_some() || self.history.len() >= epochs
    }

    /// The course as it stood after `epochs` epochs.
    pub fn until(&self, epochs: usize) -> Self {
        if self.history.len() <= epochs {
            return self.clone();
        }
        Self { history: self.history[..epochs].to_vec(), ended: None }
    }

    fn ended_after(&self, config: &config::Train) -> Option<Ended> {
        let epochs = self.history.len();
        let kept = self.kept(config.keep).map_or(epochs, |(at, _)| at + 1);
        if epochs - kept >= config.patience {
            Some(Ended::EarlyStopping)
        } else {
            (epochs == config.max_epochs).then_some(Ended::MaxEpochs)
        }
    }
}

/// A trial, ready to be trained.
#[derive(Debug)]
pub(crate) struct Task<'a> {
    pub run: &'a Run<'a>,
    pub settings: &'a Settings,
    pub cut: &'a Cut,
    pub features: &'a Features,
    pub examples: &'a Examples,
    /// Threads of the runtime.
    pub threads: usize,
}

impl Task<'_> {
    /// The files that the runtime trains from.
    pub fn artifacts(&self) -> Result<TrainingArtifacts> {
        let config = &self.run.config.train;
        let options = training::Options {
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

    /// Where the batches of a model with these `artifacts` come from.
    pub fn source<'a>(&'a self, artifacts: &'a TrainingArtifacts) -> Source<'a> {
        Source {
            run: self.run,
            features: self.features,
            train: &self.examples.train,
            masks: &artifacts.masks,
            dropout: self.settings.dropout,
            copies: self.settings.copies,
        }
    }

    /// Trains until `epochs` epochs are done or the trial ends, from its checkpoint where there is one, and publishes a
    /// checkpoint after every epoch. `told` hears of the pictures of each step, and of each epoch's end.
    ///
    /// First weights, order of pictures, copies and masks come from streams that every trial of a run shares, so trials
    /// differ by their settings alone.
    pub fn train(
        &self,
        epochs: usize,
        checkpoints: &Checkpoints,
        key: &blake3::Hash,
        told: &(impl Fn(usize, Option<&Course>) + Sync),
    ) -> Result<Course> {
        let found = checkpoints.read(key).unwrap_or_default();
        if found.course.is_done(epochs) {
            return Ok(found.course);
        }
        let artifacts = self.artifacts()?;
        let files = files(&artifacts, self.examples.classes);
        let source = self.source(&artifacts);
        let config = &self.run.config.train;
        let schedule = Schedule::new(config, self.settings.learning_rate, config.max_epochs * source.steps());
        // Without a state the trial begins anew, whatever else the checkpoint holds.
        let (mut trainer, mut course, mut kept) = if found.state.is_empty() {
            (Trainer::new(&files, self.threads)?, Course::default(), Vec::new())
        } else {
            (Trainer::resume(&files, &found.state, self.threads)?, found.course, found.kept)
        };
        drop(found.state);
        if !course.history.is_empty() {
            tracing::info!("{} goes on after epoch {}", self.settings, course.history.len());
        }
        if kept.is_empty() && !course.history.is_empty() {
            // The last epoch is the one: its weights are the state's.
            kept = trainer.parameters()?;
        }
        while !course.is_done(epochs) {
            let epoch = course.history.len();
            let mut step = epoch * source.steps();
            let train_loss = source.epoch(epoch, |batches| -> Result<f32> {
                let mut sum = 0.0;
                for batch in batches {
                    stop::check()?;
                    let batch = batch?;
                    let rate = schedule.rate(step) as f32;
                    sum += trainer.step(&batch.views(), &batch.labels, rate)? * batch.labels.len() as f32;
                    step += 1;
                    told(batch.labels.len(), None);
                }
                Ok(sum / self.examples.train.len() as f32)
            })?;
            let (val_loss, val_accuracy) = judge(&mut trainer, self.features, &self.examples.val)?;
            let is_kept = if train_loss.is_finite() && val_loss.is_finite() {
                course.history.push(Epoch { train_loss, val_loss, val_accuracy });
                course.ended = course.ended_after(config);
                course.kept(config.keep).is_some_and(|(at, _)| at == epoch)
            } else {
                course.ended = Some(Ended::Diverged);
                false
            };
            if is_kept {
                kept = trainer.parameters()?;
            }
            let began = Instant::now();
            if course.ended.is_some() {
                checkpoints.write(key, &Parts { course: &course, kept: &kept, state: &[] })?;
            } else {
                let state = trainer.state()?;
                let kept = if is_kept { &[] } else { kept.as_slice() };
                checkpoints.write(key, &Parts { course: &course, kept, state: &state })?;
            }
            tracing::info!(epoch = epoch + 1, seconds = began.elapsed().as_secs_f64(), "checkpoint");
            told(0, Some(&course));
        }
        Ok(course)
    }

    /// What lies above the cut, with `weights` that [`Trainer::parameters`] gave.
    pub fn with_weights(&self, weights: &[f32]) -> Result<Model> {
        let mut above = self.cut.above.clone();
        self.artifacts()?.apply(weights, &mut above)?;
        Ok(above)
    }
}

/// The trainer's files among the artifacts.
pub(crate) fn files(artifacts: &TrainingArtifacts, classes: usize) -> TrainingFiles<'_> {
    TrainingFiles {
        training_model: &artifacts.training_model,
        eval_model: &artifacts.eval_model,
        checkpoint: &artifacts.checkpoint,
        classes,
    }
}

/// Weights that make each class count the same: `n / (k * n_c)` for `n` pictures, `k` classes and `n_c` pictures of the
/// class, as scikit-learn's `balanced`. A class without a picture counts nothing.
fn balanced(labels: &[i64], classes: usize) -> Vec<f32> {
    let weight = |class: usize| match labels.iter().filter(|label| **label == class as i64).count() {
        0 => 0.0,
        count => labels.len() as f32 / (classes * count) as f32,
    };
    (0..classes).map(weight).collect()
}

/// Mean loss and accuracy on a set, dropout off.
pub(crate) fn judge(trainer: &mut Trainer, features: &Features, set: &Set) -> Result<(f32, f32)> {
    const BLOCK: usize = 256;
    let (mut loss, mut right) = (0.0, 0);
    for (rows, labels) in set.blocks(BLOCK) {
        let found = trainer.evaluate(&[features.batch(&rows).view()], labels)?;
        loss += found.loss * labels.len() as f32;
        let rows = found.probabilities.outer_iter().zip(labels);
        right += rows.filter(|(row, label)| argmax(row) == **label as usize).count();
    }
    Ok((loss / set.len() as f32, right as f32 / set.len() as f32))
}

/// Place of the largest value, the first of equals.
fn argmax(row: &ArrayViewD<f32>) -> usize {
    let mut best = 0;
    for (at, value) in row.iter().enumerate() {
        if *value > row[best] {
            best = at;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(losses: &[f32]) -> Course {
        let epoch = |loss: &f32| Epoch { train_loss: 1.0, val_loss: *loss, val_accuracy: 0.5 };
        Course { history: losses.iter().map(epoch).collect(), ended: None }
    }

    fn train(keep: Keep, patience: usize, max_epochs: usize) -> config::Train {
        config::Train { keep, patience, max_epochs, ..config::Train::default() }
    }

    #[test]
    fn a_trial_ends_when_the_loss_stops_falling_or_the_epochs_are_over() {
        let ended = |losses: &[f32], patience, most| course(losses).ended_after(&train(Keep::Best, patience, most));
        assert_eq!(ended(&[3.0, 2.0], 2, 9), None);
        assert_eq!(ended(&[2.0, 3.0], 2, 9), None);
        assert_eq!(ended(&[2.0, 3.0, 2.0], 2, 9), Some(Ended::EarlyStopping));
        assert_eq!(ended(&[3.0, 2.0, 1.0], 2, 3), Some(Ended::MaxEpochs));
        assert_eq!(ended(&[2.0, 3.0, 3.0], 2, 3), Some(Ended::EarlyStopping));
    }

    #[test]
    fn a_trial_that_keeps_its_last_epoch_goes_on_to_it() {
        let ended = |losses: &[f32]| course(losses).ended_after(&train(Keep::Last, 1, 4));
        assert_eq!(ended(&[1.0, 2.0, 3.0]), None);
        assert_eq!(ended(&[1.0, 2.0, 3.0, 4.0]), Some(Ended::MaxEpochs));
        assert_eq!(course(&[1.0, 2.0]).kept(Keep::Last).map(|(at, _)| at), Some(1));
        assert_eq!(course(&[]).kept(Keep::Last), None);
    }

    #[test]
    fn the_best_epoch_is_the_first_of_equals() {
        assert_eq!(course(&[2.0, 1.0, 1.0]).kept(Keep::Best).map(|(at, _)| at), Some(1));
        assert_eq!(course(&[]).kept(Keep::Best), None);
        let long = Course { ended: Some(Ended::MaxEpochs), ..course(&[2.0, 1.0, 0.5]) };
        assert_eq!(long.until(2), course(&[2.0, 1.0]));
        assert_eq!(long.until(3), long);
    }

    #[test]
    fn balanced_weights_make_the_classes_count_the_same() {
        // scikit-learn: compute_class_weight("balanced", classes=[0, 1, 2], y=[0, 0, 0, 1]) would refuse class 2.
        assert_eq!(balanced(&[0, 0, 0, 1], 2), [4.0 / 6.0, 2.0]);
        assert_eq!(balanced(&[0, 0, 0, 1], 3), [4.0 / 9.0, 4.0 / 3.0, 0.0]);
    }
}
