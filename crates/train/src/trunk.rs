//! The frozen part of the network: from the picture to the features that the head sees.

use anyhow::{Context, Result};
use graph::Model;
use graph::head::{self, FEATURES};
use pipeline::config::Weights;
use pipeline::{Config, HintExt};
use rand::Rng;
use zoo::{Network, Pool};

/// A network cut where the new head goes.
#[derive(Debug)]
pub(crate) struct Trunk {
    /// The network it was cut from.
    pub network: Network,
    /// From the picture `[n, 3, size, size]` to [`FEATURES`], `[n, width]`.
    pub model: Model,
    /// Features of one picture.
    pub width: usize,
}

impl Trunk {
    /// Opens the network that the configuration names and cuts it at its feature layer.
    ///
    /// With `model.weights = "random"`, `rng` draws its weights anew.
    pub fn open(config: &Config, rng: &mut impl Rng) -> Result<Self> {
        let (network, path) = Network::open(&config.data, &config.model.network).hint("run `just setup`")?;
        let mut model = Model::read(&path).hint("run `just setup`")?;
        if config.model.weights == Weights::Random {
            graph::redraw_weights(&mut model, rng)?;
        }
        let layer = &network.features.layer;
        let pool = match network.features.pool {
            Pool::None => head::Pool::None,
            Pool::Average => head::Pool::Average,
        };
        let model =
            head::features(&model, layer, pool).with_context(|| format!("cannot cut {} at {layer}", network.name))?;
        let width = model
            .shapes()
            .per_item(FEATURES)
            .map(|shape| shape.iter().product())
            .with_context(|| format!("{}: the shape of {layer} is not known before it runs", network.name))?;
        Ok(Self { network, model, width })
    }
}
