//! The part of the configuration that `find-lr` reads.

use contract::Config;
use contract::config::{Augment, ClassWeights, Model, Sweep, Train};
use serde::Serialize;

use crate::view::TrainView;

/// The keys that `find-lr` reads: those of `train` without the learning rate and without what ends or selects trials.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FindLrView {
    seed: u64,
    model: Model,
    train: TrainKeys,
}

#[derive(Debug, Clone, Serialize)]
struct TrainKeys {
    tune: Vec<String>,
    batch_size: usize,
    trunk_rate: f64,
    class_weights: ClassWeights,
    label_smoothing: f64,
    augment: Augment,
    sweep: SweepKeys,
}

#[derive(Debug, Clone, Serialize)]
struct SweepKeys {
    hidden: Vec<Vec<usize>>,
    copies: Vec<usize>,
    dropout: Vec<f64>,
    weight_decay: Vec<f64>,
}

impl From<&Config> for FindLrView {
    fn from(config: &Config) -> Self {
        let train = config.train.clone();
        let Sweep { hidden, copies, dropout, weight_decay, learning_rate: _ } = train.sweep;
        Self {
            seed: config.seed,
            model: config.model.clone(),
            train: TrainKeys {
                tune: train.tune,
                batch_size: train.batch_size,
                trunk_rate: train.trunk_rate,
                class_weights: train.class_weights,
                label_smoothing: train.label_smoothing,
                augment: train.augment,
                sweep: SweepKeys { hidden, copies, dropout, weight_decay },
            },
        }
    }
}

impl FindLrView {
    /// Returns the view of `train` for the code that both stages share. Keys that `find-lr` does not read have their
    /// defaults, so they cannot influence it.
    pub(crate) fn as_train(&self) -> TrainView {
        let SweepKeys { hidden, copies, dropout, weight_decay } = self.train.sweep.clone();
        TrainView {
            seed: self.seed,
            model: self.model.clone(),
            train: Train {
                tune: self.train.tune.clone(),
                batch_size: self.train.batch_size,
                trunk_rate: self.train.trunk_rate,
                class_weights: self.train.class_weights,
                label_smoothing: self.train.label_smoothing,
                augment: self.train.augment.clone(),
                sweep: Sweep { hidden, copies, dropout, weight_decay, ..Sweep::default() },
                ..Train::default()
            },
        }
    }
}
