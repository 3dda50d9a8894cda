//! What the configuration asks for must be there before the old outputs are given up.

use anyhow::Result;
use pipeline::dataset::Dataset;
use pipeline::{Config, HintExt};

use crate::choose;
use crate::map::LOGITS;
use crate::occlusion::Windows;
use crate::tuned::Tuned;

/// Refuses pictures, layers and windows that the run could not find.
pub(crate) fn check(config: &Config) -> Result<()> {
    let asked = &config.analyze;
    let network = zoo::Network::read(&config.artifacts.join("train")).hint("run `just train --force`")?;
    Windows::new(network.input.size as usize, asked.occlusion.patch, asked.occlusion.stride)?;
    choose::asked(&asked.pictures, &Dataset::read(&config.artifacts.join("preprocess"))?)?;
    let layers = asked.layers.iter().chain([&asked.tsne.layer]).map(String::as_str);
    let layers: Vec<&str> = layers.filter(|layer| *layer != LOGITS).collect();
    if layers.is_empty() {
        return Ok(());
    }
    Tuned::open(&config.artifacts.join("train"), config.threads)?.has(&layers)
}
