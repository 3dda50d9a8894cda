//! The part of the configuration that the stage reads.

use contract::Config;
use contract::config::{Evaluate, Gate};
use serde::Serialize;

/// The keys that `evaluate` reads.
#[derive(Debug, Clone, Serialize)]
pub struct EvaluateView {
    /// The section `[evaluate]` without its gate.
    pub evaluate: Measures,
    /// The section `[evaluate.gate]`. It decides the exit code and changes no output.
    #[serde(skip)]
    pub gate: Gate,
}

/// The keys of `[evaluate]` that outputs depend on.
#[derive(Debug, Clone, Serialize)]
pub struct Measures {
    /// The key `calibration_bins`.
    pub calibration_bins: usize,
    /// The key `top_images`.
    pub top_images: usize,
}

impl From<&Config> for EvaluateView {
    fn from(config: &Config) -> Self {
        let Evaluate { calibration_bins, top_images, gate } = config.evaluate.clone();
        Self { evaluate: Measures { calibration_bins, top_images }, gate }
    }
}

/// A run of the stage.
pub type Run<'a> = pipeline::Run<'a, EvaluateView>;
/// The stage's configuration and environment.
pub type Scope<'a> = pipeline::Scope<'a, EvaluateView>;
/// The stage's finished folder.
pub type Finished<'a> = pipeline::Finished<'a, EvaluateView>;
