//! The part of the configuration that `find-lr` reads.

use contract::config::{Augment, ClassWeights, Model, Sweep, Train};
use contract::{Config, TrialSettings};
use serde::ser::{Error, Serialize, Serializer};

use crate::view::TrainView;

/// The keys that `find-lr` reads: those of `train` without the learning rate and without what ends or selects trials.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct FindLrView {
    seed: u64,
    model: Model,
    train: TrainKeys,
}

#[derive(Debug, Clone, serde::Serialize)]
struct TrainKeys {
    tune: Vec<String>,
    batch_size: usize,
    trunk_rate: f64,
    class_weights: ClassWeights,
    label_smoothing: f64,
    augment: Augment,
    sweep: SweepKeys,
}

/// The lists of the sweep without the learning rates. A list that is added to [`Sweep`] is part of it without an edit here.
///
/// The learning rates have their defaults, so those of the user cannot influence `find-lr`.
#[derive(Debug, Clone)]
struct SweepKeys(Sweep);

impl From<Sweep> for SweepKeys {
    fn from(sweep: Sweep) -> Self {
        Self(Sweep { learning_rate: Sweep::default().learning_rate, ..sweep })
    }
}

/// Writes a map without the learning rates, in the order of the columns of `trials.csv`.
impl Serialize for SweepKeys {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let lists = serde_json::to_value(&self.0).map_err(S::Error::custom)?;
        let mut lists: Vec<_> = lists.as_object().into_iter().flatten().collect();
        lists.retain(|(name, _)| *name != TrialSettings::LEARNING_RATE);
        lists.sort_by_key(|(name, _)| TrialSettings::names().iter().position(|column| column == name));
        to.collect_map(lists)
    }
}

impl From<&Config> for FindLrView {
    fn from(config: &Config) -> Self {
        let train = config.train.clone();
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
                sweep: train.sweep.into(),
            },
        }
    }
}

impl FindLrView {
    /// Returns the view of `train` for the code that both stages share. Keys that `find-lr` does not read have their
    /// defaults, so they cannot influence it.
    pub(crate) fn as_train(&self) -> TrainView {
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
                sweep: self.train.sweep.0.clone(),
                ..Train::default()
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_of_the_sweep_but_the_learning_rates_is_in_the_cache_key() {
        let mut config = Config::default();
        config.train.sweep.weight_decay = vec![0.5];
        let keys = pipeline::config::flatten(&FindLrView::from(&config)).unwrap();
        let mut sweep = pipeline::config::flatten(&config.train.sweep).unwrap();
        assert!(sweep.remove(TrialSettings::LEARNING_RATE).is_some());
        assert_eq!(sweep["weight_decay"], "[0.5]");
        for (name, value) in &sweep {
            assert_eq!(keys.get(&format!("train.sweep.{name}")), Some(value), "{name}");
        }
        assert!(!keys.keys().any(|key| key.contains(TrialSettings::LEARNING_RATE)));
        config.train.sweep.learning_rate = vec![0.25];
        assert_eq!(pipeline::config::flatten(&FindLrView::from(&config)).unwrap(), keys);
    }

    #[test]
    fn the_lists_have_the_order_of_the_columns_of_trials() {
        let written = serde_json::to_value(&FindLrView::from(&Config::default()).train.sweep).unwrap();
        let written: Vec<&str> = written.as_object().unwrap().keys().map(String::as_str).collect();
        let columns: Vec<&str> = TrialSettings::names().iter().copied().filter(|name| written.contains(name)).collect();
        assert_eq!(written, columns);
        assert_eq!(written[..4], ["hidden", "copies", "dropout", "weight_decay"]);
    }

    #[test]
    fn the_learning_rates_of_the_user_are_not_visible() {
        let mut config = Config::default();
        config.train.sweep.learning_rate = vec![0.25];
        config.train.sweep.dropout = vec![0.75];
        let sweep = FindLrView::from(&config).as_train().train.sweep;
        assert_eq!(sweep, Sweep { dropout: vec![0.75], ..Sweep::default() });
    }
}
