//! The tuned network, opened up: any of its tensors for any pictures.

use std::path::Path;

use anyhow::{Context, Result};
use graph::Model;
use ndarray::{Array4, ArrayD};
use pipeline::HintExt;
use runtime::Session;
use zoo::Network;

/// Pictures in one run of a session. Fixed: another number could change the last bits.
pub(crate) const BATCH: usize = 16;

/// A network whose every tensor may be asked for.
#[derive(Debug)]
pub(crate) struct Tuned {
    pub network: Network,
    pub model: Model,
    threads: usize,
}

impl Tuned {
    /// Opens the network that `train` left in `folder`.
    pub fn open(folder: &Path, threads: usize) -> Result<Self> {
        let (network, path) = Network::open_folder(folder).hint("run `just train --force`")?;
        let model = Model::read(&path).hint("run `just train --force`")?;
        Ok(Self { network, model, threads })
    }

    /// Name of the tensor `[n, classes]` before the softmax.
    pub fn logits(&self) -> Result<&str> {
        self.network.logits.as_deref().with_context(|| format!("network {} has no logits", self.network.name))
    }

    /// Name of the tensor `[n, classes]` of probabilities.
    pub fn probabilities(&self) -> Result<&str> {
        let name = self.network.probabilities.as_deref();
        name.with_context(|| format!("network {} has no probabilities", self.network.name))
    }

    /// An error with the nearest names when one of `tensors` is not in the network.
    pub fn has(&self, tensors: &[&str]) -> Result<()> {
        self.model.cut_many(tensors).hint("`layers` in model.json lists the names")?;
        Ok(())
    }

    /// A session for the part of the network that computes `tensors`.
    pub fn open_at(&self, tensors: &[&str]) -> Result<Opened> {
        let part = self.model.cut_many(tensors).hint("`layers` in model.json lists the names")?;
        let session = Session::from_bytes(&part.to_bytes(), self.threads)?;
        Ok(Opened { session, input: self.network.input.tensor.clone() })
    }
}

/// A session on a part of the network.
#[derive(Debug)]
pub(crate) struct Opened {
    session: Session,
    input: String,
}

impl Opened {
    /// What comes out for the input `[n, 3, size, size]`: one array for each tensor asked for.
    pub fn run(&mut self, input: &Array4<f32>) -> Result<Vec<ArrayD<f32>>> {
        let outputs = self.session.run(&[(&self.input, input.view().into_dyn())])?;
        Ok(outputs.into_iter().map(|(_, array)| array).collect())
    }
}
