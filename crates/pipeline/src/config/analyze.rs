//! `[analyze]`: what is looked at, a table for each kind of view.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::maps::{Maps, Occlusion};

/// `[analyze]`: what is looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Analyze {
    /// Pictures of each class that are looked into: the best, the worst and the least certain first.
    pub pictures_per_class: usize,
    /// Ids of pictures (see `dataset.csv`) to look into instead.
    pub pictures: Vec<String>,
    /// Files of pictures to look into instead, or beside those: any pictures, in the data set or not.
    pub images: Vec<PathBuf>,
    /// Layers whose feature maps are shown; empty: up to five convolutions from first to last.
    pub layers: Vec<String>,
    /// Statistics of those layers over the data set, and the pictures that excite a channel most.
    pub activations: Activations,
    /// Occlusion sensitivity.
    pub occlusion: Occlusion,
    /// Maps of the parts of a picture that carry the decision.
    pub maps: Maps,
    /// t-SNE.
    pub tsne: Tsne,
}

impl Default for Analyze {
    fn default() -> Self {
        Self {
            pictures_per_class: 3,
            pictures: vec![],
            images: vec![],
            layers: vec![],
            activations: Activations::default(),
            occlusion: Occlusion::default(),
            maps: Maps::default(),
            tsne: Tsne::default(),
        }
    }
}

/// `[analyze.activations]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Activations {
    /// Pictures listed for each channel: those that excite it most.
    pub top: usize,
    /// Channels of a layer whose pictures are drawn: those with the strongest answers.
    pub shown: usize,
    /// Channels that are drawn instead, by their numbers from 0.
    pub channels: Vec<usize>,
}

impl Default for Activations {
    fn default() -> Self {
        Self { top: 9, shown: 12, channels: vec![] }
    }
}

/// `[analyze.tsne]`: van der Maaten & Hinton 2008.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tsne {
    /// `logits`, or a layer by name.
    pub layer: String,
    /// About how many neighbours each point has.
    pub perplexity: f64,
    /// Steps of gradient descent.
    pub iterations: usize,
}

impl Default for Tsne {
    fn default() -> Self {
        Self { layer: "logits".to_owned(), perplexity: 30.0, iterations: 1000 }
    }
}
