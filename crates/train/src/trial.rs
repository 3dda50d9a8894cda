//! One trial: a head with its settings, trained until the validation loss stops falling.

use std::fmt;

use anyhow::Result;
use graph::Model;
use graph::head::Head;
use graph::training::{self, AdamW, TrainingArtifacts};
use ndarray::ArrayViewD;
use pipeline::Run;
use rand::seq::SliceRandom;
use runtime::{Trainer, TrainingFiles};

use crate::examples::{Examples, Set};
use crate::masks::mask;

/// What one trial tries.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    pub learning_rate: f64,
    pub dropout: f64,
    /// Sizes of the hidden layers, first to last.
    pub hidden: Vec<usize>,
}

/// One pass over the training split.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Epoch {
    /// Mean cross-entropy over the epoch's steps, dropout on, in nats.
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
}

/// A trial's course.
#[derive(Debug)]
pub(crate) struct Trial {
    pub settings: Settings,
    pub history: Vec<Epoch>,
    pub ended: Ended,
}

impl Trial {
    /// The epoch with the least validation loss and its place, the first of equals.
    pub fn best(&self) -> Option<(usize, &Epoch)> {
        self.history.iter().enumerate().min_by(|(_, a), (_, b)| a.val_loss.total_cmp(&b.val_loss))
    }
}

impl Settings {
    /// The head that these settings describe, for features of `width` and a number of `classes`.
    pub fn head(&self, width: usize, classes: usize) -> Head {
        Head { features: width, hidden: self.hidden.clone(), classes }
    }

    /// Sizes of the hidden layers joined by `-`; empty without any.
    pub fn hidden_text(&self) -> String {
        self.hidden.iter().map(ToString::to_string).collect::<Vec<_>>().join("-")
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        write!(to, "rate {}, dropout {}, ", self.learning_rate, self.dropout)?;
        if self.hidden.is_empty() { write!(to, "no hidden layer") } else { write!(to, "hidden {}", self.hidden_text()) }
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str(match self {
            Self::EarlyStopping => "early stopping",
            Self::MaxEpochs => "max epochs",
            Self::Diverged => "diverged",
        })
    }
}

/// Trains one head; tells `each_epoch` the number of epochs done and the last validation loss.
///
/// Returns the course and the head with the weights of its best epoch. The first weights, the order of pictures
/// and the masks come from streams that every trial of a run shares, so trials differ by their
/// settings alone.
pub(crate) fn run(
    run: &Run,
    settings: &Settings,
    examples: &Examples,
    mut each_epoch: impl FnMut(usize, f32),
) -> Result<(Trial, Model)> {
    let config = &run.config.train;
    let head = settings.head(examples.train.features.ncols(), examples.classes);
    let mut model = first_weights(run, &head)?;
    let optimizer = AdamW { weight_decay: config.weight_decay as f32, ..AdamW::default() };
    let artifacts = training::artifacts(&model, &training::Options { optimizer, ..training::Options::default() })?;
    let files = TrainingFiles {
        training_model: &artifacts.training_model,
        eval_model: &artifacts.eval_model,
        optimizer_model: &artifacts.optimizer_model,
        checkpoint: &artifacts.checkpoint,
        classes: examples.classes,
    };
    let mut trainer = Trainer::new(&files, run.threads())?;
    let mut trial = Trial { settings: settings.clone(), history: Vec::new(), ended: Ended::MaxEpochs };
    let mut best = trainer.parameters()?;
    for epoch in 0..config.max_epochs {
        let train_loss = train_epoch(run, &mut trainer, settings, &artifacts, &examples.train, epoch)?;
        let (val_loss, val_accuracy) = judge(&mut trainer, &examples.val)?;
        if !(train_loss.is_finite() && val_loss.is_finite()) {
            trial.ended = Ended::Diverged;
            break;
        }
        trial.history.push(Epoch { train_loss, val_loss, val_accuracy });
        each_epoch(epoch + 1, val_loss);
        let best_epoch = trial.best().map_or(epoch, |(at, _)| at);
        if best_epoch == epoch {
            best = trainer.parameters()?;
        } else if epoch - best_epoch >= config.patience {
            trial.ended = Ended::EarlyStopping;
            break;
        }
    }
    artifacts.apply(&best, &mut model)?;
    Ok((trial, model))
}

/// The head before its first step. Its last layer is all zeros: every class equally likely.
///
/// Drawn weights would add noise that a few hundred pictures never train away, since they say nothing of most of
/// the thousands of directions in the features.
fn first_weights(run: &Run, head: &Head) -> Result<Model> {
    let mut model = head.build(&mut run.rng("first weights"))?;
    let last = format!("{}.weight", graph::head::LOGITS);
    let zeros = model.weight(&last)?.mapv(|_| 0.0);
    model.set_weight(&last, &zeros)?;
    Ok(model)
}

/// One pass over the training split in a fresh order; the last batch may be smaller. Returns the mean loss.
fn train_epoch(
    run: &Run,
    trainer: &mut Trainer,
    settings: &Settings,
    artifacts: &TrainingArtifacts,
    train: &Set,
    epoch: usize,
) -> Result<f32> {
    let mut order: Vec<usize> = (0..train.len()).collect();
    order.shuffle(&mut run.rng(&format!("shuffle of epoch {epoch}")));
    let mut drops = run.rng(&format!("dropout of epoch {epoch}"));
    let mut sum = 0.0;
    for rows in order.chunks(run.config.train.batch_size) {
        let batch = train.select(rows);
        let widths = artifacts.masks.iter().map(|mask| mask.shape.iter().product());
        let masks: Vec<_> = widths.map(|width| mask(rows.len(), width, settings.dropout, &mut drops)).collect();
        let mut inputs: Vec<ArrayViewD<f32>> = vec![batch.features.view().into_dyn()];
        inputs.extend(masks.iter().map(|mask| mask.view().into_dyn()));
        sum += trainer.step(&inputs, &batch.labels, settings.learning_rate as f32)? * rows.len() as f32;
    }
    Ok(sum / train.len() as f32)
}

/// Mean loss and accuracy on a set, dropout off.
fn judge(trainer: &mut Trainer, set: &Set) -> Result<(f32, f32)> {
    const BLOCK: usize = 256;
    let (mut loss, mut right) = (0.0, 0);
    for (features, labels) in set.blocks(BLOCK) {
        let found = trainer.evaluate(&[features.into_dyn()], labels)?;
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
