//! The weights before tuning.

use std::collections::BTreeMap;

use crate::view::Run;
use anyhow::{Context, Result};
use contract::config::{Config, Weights};
use contract::stages;
use ndarray::ArrayD;
use pipeline::{HintFrom, StageFolder};
use zoo::{Network, ZooError};

use crate::tuned::Tuned;

/// The weights before tuning, if they are known.
#[derive(Debug)]
pub(crate) enum Before {
    /// The weights by name.
    Known(BTreeMap<String, ArrayD<f32>>),
    /// The weights are unknown. The text is the reason.
    Unknown(String),
}

impl Before {
    /// Returns the weights of the installed network that `tuned` was made from.
    ///
    /// If training began with random weights, the same weights are drawn again.
    pub fn of(run: &Run, tuned: &Tuned) -> Result<Self> {
        let Some(parent) = &tuned.network.parent else {
            return Ok(Self::Unknown(
                "the description of the network does not name the network that it was tuned from".into(),
            ));
        };
        let (network, path) = match Network::open(&run.environment.data, &parent.name) {
            Ok(found) => found,
            Err(error) => return Ok(Self::Unknown(error.to_string())),
        };
        if network.sha256 != parent.sha256 {
            return Ok(Self::Unknown(format!("the installed {} is not the network that was tuned", parent.name)));
        }
        let mut model = network.load(&path).hint_from(ZooError::advice)?;
        if let Some(seed) = drawn(run)? {
            // `train` draws them with the same generator.
            graph::redraw_weights(&mut model, &mut pipeline::rng(seed, stages::TRAIN, "random weights"))?;
        }
        Ok(Self::Known(model.weights()?.into_iter().collect()))
    }

    /// Returns the weight `name` if it existed with this shape.
    pub fn weight(&self, name: &str, shape: &[usize]) -> Option<&ArrayD<f32>> {
        match self {
            Self::Known(weights) => weights.get(name).filter(|weight| weight.shape() == shape),
            Self::Unknown(_) => None,
        }
    }
}

/// Returns the seed of the weights that training began with, if they were drawn at random.
fn drawn(run: &Run) -> Result<Option<u64>> {
    let text = StageFolder::new(run.artifacts(), stages::TRAIN).configuration()?;
    let config: Config = toml::from_str(&text).context("the configuration of train is damaged")?;
    Ok((config.model.weights == Weights::Random).then_some(config.seed))
}
