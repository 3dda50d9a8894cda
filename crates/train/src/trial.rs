//! One trial: a head with its settings, trained until the validation loss stops falling.

use std::fmt;

use crate::ahead::ahead;
use crate::cut::Cut;
use crate::features::{Features, Row};
use anyhow::Result;
use graph::Model;
use graph::training::{self, AdamW, TrainingArtifacts};
use ndarray::ArrayViewD;
use pipeline::Run;
use rand::seq::SliceRandom;
use runtime::{Trainer, TrainingFiles};

use crate::examples::{Examples, Set};
use crate::masks::mask;

/// Batches that are read while the trainer works.
const AHEAD: usize = 2;

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
    cut: &Cut,
    features: &Features,
    examples: &Examples,
    mut each_epoch: impl FnMut(usize, f32),
) -> Result<(Trial, Model)> {
    let config = &run.config.train;
    let mut model = cut.above.clone();
    let optimizer = AdamW { weight_decay: config.weight_decay as f32, ..AdamW::default() };
    let artifacts = training::artifacts(
        &model,
        &training::Options { optimizer, trained: Some(cut.trained.clone()), ..training::Options::default() },
    )?;
    let files = TrainingFiles {
        training_model: &artifacts.training_model,
        eval_model: &artifacts.eval_model,
        checkpoint: &artifacts.checkpoint,
        classes: examples.classes,
    };
    let mut trainer = Trainer::new(&files, run.threads())?;
    let mut trial = Trial { settings: settings.clone(), history: Vec::new(), ended: Ended::MaxEpochs };
    let mut best = trainer.parameters()?;
    for epoch in 0..config.max_epochs {
        let train_loss = train_epoch(run, &mut trainer, settings, &artifacts, features, &examples.train, epoch)?;
        let (val_loss, val_accuracy) = judge(&mut trainer, features, &examples.val)?;
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

/// One pass over the training split in a fresh order; the last batch may be smaller. Returns the mean loss.
fn train_epoch(
    run: &Run,
    trainer: &mut Trainer,
    settings: &Settings,
    artifacts: &TrainingArtifacts,
    features: &Features,
    train: &Set,
    epoch: usize,
) -> Result<f32> {
    let mut order: Vec<usize> = (0..train.len()).collect();
    order.shuffle(&mut run.rng(&format!("shuffle of epoch {epoch}")));
    let mut drops = run.rng(&format!("dropout of epoch {epoch}"));
    let steps = order.chunks(run.config.train.batch_size);
    let batch = |rows: &[usize]| {
        let labels: Vec<i64> = rows.iter().map(|row| train.labels[*row]).collect();
        let rows: Vec<Row> = rows.iter().map(|row| Row { picture: train.pictures[*row], copy: 0 }).collect();
        Ok((features.batch(&rows), labels))
    };
    let sum = ahead(AHEAD, steps, batch, |batches| {
        let mut sum = 0.0;
        for batch in batches {
            let (values, labels) = batch?;
            let widths = artifacts.masks.iter().map(|mask| mask.shape.iter().product());
            let masks: Vec<_> = widths.map(|width| mask(labels.len(), width, settings.dropout, &mut drops)).collect();
            let mut inputs: Vec<ArrayViewD<f32>> = vec![values.view()];
            inputs.extend(masks.iter().map(|mask| mask.view().into_dyn()));
            sum += trainer.step(&inputs, &labels, settings.learning_rate as f32)? * labels.len() as f32;
        }
        anyhow::Ok(sum)
    })?;
    Ok(sum / train.len() as f32)
}

/// Mean loss and accuracy on a set, dropout off.
fn judge(trainer: &mut Trainer, features: &Features, set: &Set) -> Result<(f32, f32)> {
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
