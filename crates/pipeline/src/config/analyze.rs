//! `[analyze]`: what is looked at, a table for each kind of view.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

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

/// `[analyze.occlusion]`: Zeiler & Fergus 2013, section 4.2.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Occlusion {
    /// Side of the covering square, in pixels of the network's input.
    pub patch: usize,
    /// Step from one position to the next, in pixels.
    pub stride: usize,
}

impl Default for Occlusion {
    fn default() -> Self {
        Self { patch: 50, stride: 10 }
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
    /// Points at most; a larger data set is sampled, each class alike.
    pub max_points: usize,
}

impl Default for Tsne {
    fn default() -> Self {
        Self { layer: "logits".to_owned(), perplexity: 30.0, iterations: 1000, max_points: 1500 }
    }
}
