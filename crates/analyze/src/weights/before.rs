//! The weights that tuning began with.

use std::collections::BTreeMap;

use crate::view::Run;
use anyhow::{Context, Result};
use contract::config::{Config, Weights};
use contract::stages;
use ndarray::ArrayD;
use pipeline::{HintFrom, StageFolder};
use zoo::{Network, ZooError};

use crate::tuned::Tuned;

/// What there is to compare with.
#[derive(Debug)]
pub(crate) enum Before {
    /// The weights by name.
    Known(BTreeMap<String, ArrayD<f32>>),
    /// None, and why.
    Unknown(String),
}

impl Before {
    /// The network that `tuned` was made from: the installed one that its description names, with weights drawn anew
    /// where training began with such.
    pub fn of(run: &Run, tuned: &Tuned) -> Result<Self> {
        let Some(parent) = &tuned.network.parent else {
            return Ok(Self::Unknown("the description of the network names none that it was tuned from".into()));
        };
        let (network, path) = match Network::open(&run.environment.data, &parent.name) {
            Ok(found) => found,
            Err(error) => return Ok(Self::Unknown(error.to_string())),
        };
        if network.sha256 != parent.sha256 {
            return Ok(Self::Unknown(format!("the installed {} is not the one that was tuned", parent.name)));
        }
        let mut model = network.load(&path).hint_from(ZooError::advice)?;
        if let Some(seed) = drawn(run)? {
            // As `train` draws them.
            graph::redraw_weights(&mut model, &mut pipeline::rng(seed, stages::TRAIN, "random weights"))?;
        }
        Ok(Self::Known(model.weights()?.into_iter().collect()))
    }

    /// The weight of this name and shape, where there was one.
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
