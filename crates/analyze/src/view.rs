//! The part of the configuration that the stage reads.

use contract::Config;
use contract::config::{Analyze, DecodeLimits};
use pipeline::Seeded;
use serde::Serialize;

/// The keys that `analyze` reads.
#[derive(Debug, Clone, Serialize)]
pub struct AnalyzeView {
    /// The key `seed`.
    pub seed: u64,
    /// The section `[analyze]`.
    pub analyze: Analyze,
    /// The keys of `[preprocess]` that limit the decoding of `analyze.images`.
    pub preprocess: DecodeLimits,
}

impl From<&Config> for AnalyzeView {
    fn from(config: &Config) -> Self {
        Self { seed: config.seed, analyze: config.analyze.clone(), preprocess: config.preprocess.decode_limits() }
    }
}

impl Seeded for AnalyzeView {
    fn seed(&self) -> u64 {
        self.seed
    }
}

/// A run of the stage.
pub type Run<'a> = pipeline::Run<'a, AnalyzeView>;
/// The stage's configuration and environment.
pub type Scope<'a> = pipeline::Scope<'a, AnalyzeView>;
/// The stage's finished folder.
pub type Finished<'a> = pipeline::Finished<'a, AnalyzeView>;
