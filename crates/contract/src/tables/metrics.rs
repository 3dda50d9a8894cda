//! `evaluate/metrics.json`: the numbers that say how good the tuned network is.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::dataset::Split;
use super::json;
use crate::artifact::Artifact;
use crate::stages;

/// How good the network is on one split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// The split of all numbers except `splits`.
    pub split: Split,
    /// Images in the split.
    #[serde(rename = "pictures")]
    pub images: usize,
    /// Share of right predictions, in [0, 1].
    pub accuracy: f64,
    /// Wilson's 95 % confidence interval of the accuracy.
    pub accuracy_interval: [f64; 2],
    /// Share of images whose label is among the five most probable classes, in [0, 1]. It is 1 with five classes or
    /// fewer.
    pub top5: f64,
    /// Mean of the classes' F1, in [0, 1].
    pub macro_f1: f64,
    /// Expected calibration error, in [0, 1]; 0 is best.
    pub ece: f64,
    /// Mean negative logarithm of the label's probability, in nats; 0 is best.
    pub log_loss: f64,
    /// Brier score: mean squared distance of the probabilities from 1 for the label and 0 for all others, in [0, 2]; 0 is
    /// best.
    pub brier: f64,
    /// All splits. A gap between them is overfitting.
    pub splits: Vec<SplitMetrics>,
    /// Names of the classes, in the order of the probabilities.
    pub classes: Vec<String>,
}

/// The accuracy on one split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SplitMetrics {
    /// The split.
    pub split: Split,
    /// Images in the split.
    #[serde(rename = "pictures")]
    pub images: usize,
    /// Share of right predictions, in [0, 1].
    pub accuracy: f64,
    /// Mean negative logarithm of the label's probability, in nats; 0 is best.
    pub log_loss: f64,
}

impl Artifact for Metrics {
    const STAGE: &'static str = stages::EVALUATE;
    const FILE: &'static str = "metrics.json";

    fn encode(&self) -> Result<Vec<u8>> {
        json::encode(self)
    }

    fn decode(bytes: &[u8]) -> Result<Self> {
        json::decode(bytes)
    }
}
