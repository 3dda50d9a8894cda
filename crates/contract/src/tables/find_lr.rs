//! `find-lr/curve.csv` and `suggestion.json`: the result of the learning rate range test.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Row, json, text};
use crate::artifact::Artifact;
use crate::stages;

/// One step of the range test: a row of `curve.csv`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RangePoint {
    /// The learning rate of the step.
    #[serde(serialize_with = "text::plain")]
    pub learning_rate: f64,
    /// The loss of the batch before the step, in nats.
    #[serde(serialize_with = "text::plain")]
    pub loss: f64,
    /// Moving average of the losses so far.
    #[serde(serialize_with = "text::plain")]
    pub smoothed_loss: f64,
}

impl Row for RangePoint {
    const STAGE: &'static str = stages::FIND_LR;
    const FILE: &'static str = "curve.csv";
}

/// `suggestion.json`: the suggested learning rate, and the settings that it was found with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suggestion {
    /// The suggested learning rate.
    pub learning_rate: f64,
    /// The line for `[train.sweep]` in the configuration.
    pub line: String,
    /// Steps of the test.
    pub steps: usize,
    /// The other settings of the trial, as text.
    #[serde(flatten)]
    pub settings: Map<String, Value>,
}

impl Artifact for Suggestion {
    const STAGE: &'static str = stages::FIND_LR;
    const FILE: &'static str = "suggestion.json";

    fn encode(&self) -> Result<Vec<u8>> {
        json::encode(self)
    }

    fn decode(bytes: &[u8]) -> Result<Self> {
        json::decode(bytes)
    }
}
