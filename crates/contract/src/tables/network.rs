//! `analyze/network.json`: what the report says about the tuned network.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::json;
use crate::artifact::Artifact;
use crate::stages;

/// The tuned network, without its weights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkFacts {
    /// The network's name.
    pub name: String,
    /// Where the weights come from, in words.
    pub origin: String,
    /// SHA-256 of the model file, 64 hex digits.
    pub sha256: String,
    /// The network that it was tuned from.
    pub parent: Option<ParentFacts>,
    /// The files of the network, below the folder of `train`.
    pub files: Vec<String>,
    /// The version of ONNX Runtime that ran the network.
    pub runtime: String,
    /// Whether the first layer with weights is a convolution over three colour channels. Its drawing is then in colour.
    pub filters_in_colour: bool,
}

/// The network that a tuned network started from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParentFacts {
    /// Its name.
    pub name: String,
    /// SHA-256 of its model file, 64 hex digits.
    pub sha256: String,
}

impl Artifact for NetworkFacts {
    const STAGE: &'static str = stages::ANALYZE;
    const FILE: &'static str = "network.json";

    fn encode(&self) -> Result<Vec<u8>> {
        json::encode(self)
    }

    fn decode(bytes: &[u8]) -> Result<Self> {
        json::decode(bytes)
    }
}
