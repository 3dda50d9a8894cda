//! A network that tells classes apart, loaded and ready for pictures.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use contract::stages;
use imaging::RgbImage;
use ndarray::{Array2, Ix2};
use pipeline::{Environment, HintExt};
use runtime::Session;
use zoo::Network;

/// A network with its session.
#[derive(Debug)]
pub struct Classifier {
    /// Its description.
    pub network: Network,
    session: Session,
    output: String,
}

impl Classifier {
    /// Opens the network `name` of the zoo.
    pub fn of_zoo(environment: &Environment, name: &str) -> Result<Self> {
        let (network, model) =
            Network::open(&environment.data, name).hint("`just setup` installs alexnet and squeezenet")?;
        Self::open(environment, network, &model)
    }

    /// Opens the network that `train` tuned.
    pub fn tuned(environment: &Environment) -> Result<Self> {
        let folder = environment.stage(stages::TRAIN);
        if !folder.join(zoo::TUNED_DESCRIPTION).is_file() {
            return Err(anyhow::anyhow!("there is no tuned network in {}", folder.display()))
                .hint("run `just train` first, or name a network of the zoo with --network");
        }
        let (network, model) = Network::open_folder(&folder).hint("run `just train --force`")?;
        Self::open(environment, network, &model)
    }

    fn open(environment: &Environment, network: Network, model: &Path) -> Result<Self> {
        let output = network
            .probabilities
            .clone()
            .with_context(|| format!("network `{}` has no classifier, so it names no classes", network.name))
            .hint("`--network squeezenet` has one; `just train` puts one on this network")?;
        runtime::load(&runtime::locate(&environment.data)).hint("run `just setup`")?;
        let session = Session::from_file(model, environment.thread_count())?;
        Ok(Self { network, session, output })
    }

    /// Probabilities `[n, classes]` of `n` pictures, each of the size that the network takes.
    pub fn probabilities(&mut self, pictures: &[RgbImage]) -> Result<Array2<f32>> {
        let input = &self.network.input;
        let size = (input.size, input.size);
        let other = pictures.iter().map(RgbImage::dimensions).find(|dimensions| *dimensions != size);
        if let Some((width, height)) = other {
            return Err(anyhow::anyhow!("a picture of {width}x{height} for a network that takes {size:?}"))
                .hint("run `just preprocess --force`");
        }
        let batch = input.batch(pictures);
        let outputs = self.session.run(&[(input.tensor.as_str(), batch.view().into_dyn())])?;
        let found = outputs.into_iter().find(|(name, _)| *name == self.output);
        let (_, values) = found.with_context(|| format!("the model has no output `{}`", self.output))?;
        let values = values.into_dimensionality::<Ix2>().context("the probabilities are not [n, classes]")?;
        let expected = (pictures.len(), self.network.classes.len());
        ensure!(values.dim() == expected, "the model gives {:?} probabilities, not {expected:?}", values.dim());
        Ok(values)
    }
}
