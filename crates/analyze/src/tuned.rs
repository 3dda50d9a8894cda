//! The tuned network, of which any tensor can be computed.

use std::path::Path;

use anyhow::{Context, Result};
use graph::Model;
use inference::Layers;
use pipeline::{HintExt, HintFrom};
use zoo::{Network, ZooError};

/// The tuned network.
#[derive(Debug)]
pub(crate) struct Tuned {
    pub network: Network,
    pub model: Model,
    threads: usize,
}

impl Tuned {
    /// Opens the network that `train` wrote to `folder`.
    pub fn open(folder: &Path, threads: usize) -> Result<Self> {
        let (network, path) = Network::open_folder(folder).hint_from(ZooError::advice)?;
        let model = network.load(&path).hint_from(ZooError::advice)?;
        Ok(Self { network, model, threads })
    }

    /// Returns the name of the tensor `[n, classes]` before the softmax.
    pub fn logits(&self) -> Result<&str> {
        self.network.logits.as_deref().with_context(|| format!("network {} has no logits", self.network.name))
    }

    /// Returns the name of the tensor `[n, classes]` of probabilities.
    pub fn probabilities(&self) -> Result<&str> {
        let name = self.network.probabilities.as_deref();
        name.with_context(|| format!("network {} has no probabilities", self.network.name))
    }

    /// Checks that the network has all `tensors`.
    ///
    /// # Errors
    /// The error names the tensor that is missing and similar names.
    pub fn has(&self, tensors: &[&str]) -> Result<()> {
        self.model.cut_many(tensors).hint("`layers` in model.json lists the names")?;
        Ok(())
    }

    /// Opens the part of the network that computes `tensors`.
    pub fn layers(&self, tensors: &[&str]) -> Result<Layers> {
        let opened = Layers::open(&self.model, &self.network.input, tensors, self.threads);
        opened.hint("`layers` in model.json lists the names")
    }
}
