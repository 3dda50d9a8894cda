//! The part of the configuration that the stage `activations` reads.

use std::path::PathBuf;

use contract::Config;
use contract::config::{Activations, Analyze, DecodeLimits};
use serde::Serialize;

use crate::view::AnalyzeView;

/// The keys that `activations` reads.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ActivationsView {
    pub analyze: AnalyzeKeys,
    pub preprocess: DecodeLimits,
}

/// The keys of `[analyze]` that `activations` reads.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AnalyzeKeys {
    pub pictures_per_class: usize,
    pub pictures: Vec<String>,
    pub images: Vec<PathBuf>,
    pub layers: Vec<String>,
    pub activations: Activations,
}

impl From<&Config> for ActivationsView {
    fn from(config: &Config) -> Self {
        let Analyze { pictures_per_class, pictures, images, layers, activations, .. } = config.analyze.clone();
        Self {
            analyze: AnalyzeKeys { pictures_per_class, pictures, images, layers, activations },
            preprocess: config.preprocess.decode_limits(),
        }
    }
}

impl ActivationsView {
    /// Returns the view of `analyze` for the code that both stages share. Keys that `activations` does not read have their
    /// defaults, so they cannot influence it.
    pub(crate) fn as_analyze(&self) -> AnalyzeView {
        let AnalyzeKeys { pictures_per_class, pictures, images, layers, activations } = self.analyze.clone();
        AnalyzeView {
            seed: Config::default().seed,
            analyze: Analyze { pictures_per_class, pictures, images, layers, activations, ..Analyze::default() },
            preprocess: self.preprocess.clone(),
        }
    }
}
