//! `analyze/tsne.csv` and `tsne.json`: the embedding of the data set.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::dataset::Split;
use super::{Row, json, text};
use crate::artifact::Artifact;
use crate::stages;

/// The embedding as a drawing, below the folder of `analyze`.
pub const DRAWING: &str = "tsne.svg";

/// One image of the embedding: a row of `tsne.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EmbeddingPoint {
    /// The image's id.
    pub id: String,
    /// First coordinate, without a unit.
    #[serde(serialize_with = "text::plain")]
    pub x: f64,
    /// Second coordinate, without a unit.
    #[serde(serialize_with = "text::plain")]
    pub y: f64,
    /// Name of the image's class.
    pub label: String,
    /// Name of the most probable class.
    pub predicted: String,
    /// The image's split.
    pub split: Split,
}

impl Row for EmbeddingPoint {
    const STAGE: &'static str = stages::ANALYZE;
    const FILE: &'static str = "tsne.csv";
}

/// How the embedding was made and how good it is: `tsne.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EmbeddingFacts {
    /// The layer whose values were embedded.
    pub layer: String,
    /// Images in the embedding.
    pub points: usize,
    /// Values of one image.
    pub dimensions: usize,
    /// Perplexity that was used.
    pub perplexity: f64,
    /// The t-SNE engine. `None` when there were too few images for t-SNE.
    pub engine: Option<String>,
    /// Share of the images whose nearest neighbour in the plane has the same label, in [0, 1]. `None` for fewer than two
    /// images.
    pub neighbour_accuracy: Option<f64>,
    /// Trustworthiness (Venna & Kaski 2001), in [0, 1]. 1 means that all neighbours in the plane are neighbours in the
    /// layer's values. `None` for too few images.
    pub trustworthiness: Option<f64>,
    /// Neighbours that the trustworthiness looks at.
    pub trustworthiness_neighbours: usize,
}

impl Artifact for EmbeddingFacts {
    const STAGE: &'static str = stages::ANALYZE;
    const FILE: &'static str = "tsne.json";

    /// The file has no new line at its end.
    fn encode(&self) -> Result<Vec<u8>> {
        let mut bytes = json::encode(self)?;
        bytes.pop();
        Ok(bytes)
    }

    fn decode(bytes: &[u8]) -> Result<Self> {
        json::decode(bytes)
    }
}
