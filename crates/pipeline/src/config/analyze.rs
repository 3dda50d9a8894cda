//! `[analyze]`: what is looked at, a table for each kind of view.

use serde::{Deserialize, Serialize};

/// `[analyze]`: what is looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Analyze {
    /// Pictures of each class that are looked into: the best, the worst and the least certain first.
    pub pictures_per_class: usize,
    /// Ids of pictures (see `dataset.csv`) to look into instead.
    pub pictures: Vec<String>,
    /// Layers whose feature maps are shown; empty: up to five convolutions from first to last.
    pub layers: Vec<String>,
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
            layers: vec![],
            occlusion: Occlusion::default(),
            tsne: Tsne::default(),
        }
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
