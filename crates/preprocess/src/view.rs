//! The part of the configuration that the stage reads.

use contract::Config;
use contract::config::Preprocess;
use pipeline::Seeded;
use serde::Serialize;

/// The keys that `preprocess` reads.
#[derive(Debug, Clone, Serialize)]
pub struct PreprocessView {
    /// The key `seed`.
    pub seed: u64,
    /// The section `[preprocess]`.
    pub preprocess: Preprocess,
    /// The key `model.network`. Outputs depend only on the input size of the network, which `Stage::inputs` records.
    #[serde(skip)]
    pub network: String,
}

impl From<&Config> for PreprocessView {
    fn from(config: &Config) -> Self {
        Self { seed: config.seed, preprocess: config.preprocess.clone(), network: config.model.network.clone() }
    }
}

impl Seeded for PreprocessView {
    fn seed(&self) -> u64 {
        self.seed
    }
}

/// A run of the stage.
pub type Run<'a> = pipeline::Run<'a, PreprocessView>;
/// The stage's configuration and environment.
pub type Scope<'a> = pipeline::Scope<'a, PreprocessView>;
/// The stage's finished folder.
pub type Finished<'a> = pipeline::Finished<'a, PreprocessView>;
