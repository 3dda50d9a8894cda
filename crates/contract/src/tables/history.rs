//! `train/history.csv`: the training history of every trial.

use serde::{Deserialize, Serialize};

use super::{Row, text};
use crate::stages;

/// One epoch of one trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochRow {
    /// The trial's number, from 1.
    pub trial: usize,
    /// The epoch's number, from 1.
    pub epoch: usize,
    /// The learning rate of the epoch's last step.
    #[serde(serialize_with = "text::plain")]
    pub learning_rate: f64,
    /// Mean loss over the epoch's steps with dropout on, in nats. It includes class weights and label smoothing.
    #[serde(serialize_with = "text::plain")]
    pub train_loss: f32,
    /// Mean cross-entropy on the validation split, in nats.
    #[serde(serialize_with = "text::plain")]
    pub val_loss: f32,
    /// Top-1 accuracy on the validation split, in [0, 1].
    #[serde(serialize_with = "text::plain")]
    pub val_accuracy: f32,
}

impl Row for EpochRow {
    const STAGE: &'static str = stages::TRAIN;
    const FILE: &'static str = "history.csv";
}
