//! The sections of `pipeline.toml` and their defaults. `pipeline.toml` at the root explains each key.

use serde::{Deserialize, Serialize};

/// `[model]`: the network to start from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Model {
    /// A folder of `data/networks/`.
    pub network: String,
    /// Which weights the frozen trunk has.
    pub weights: Weights,
}

/// Where the weights of the trunk come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weights {
    /// As installed.
    Pretrained,
    /// Drawn at random, same shapes: a baseline that shows what the pre-trained weights are worth.
    Random,
}

impl Default for Model {
    fn default() -> Self {
        Self { network: "alexnet".to_owned(), weights: Weights::Pretrained }
    }
}

/// `[preprocess]`: which pictures are used, and for what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Preprocess {
    /// A picture with more pixels is quarantined undecoded.
    pub max_pixels: u64,
    /// Memory for decoding, in MiB: of one picture, and of all threads together.
    pub max_memory_mb: u64,
    /// A picture with a side below this many pixels is quarantined.
    pub min_side: u32,
    /// Pictures whose 64-bit perceptual hashes differ in at most this many bits stay in one split.
    pub near_duplicate_distance: u32,
    /// Shares of the splits.
    pub split: Split,
}

impl Default for Preprocess {
    fn default() -> Self {
        Self {
            max_pixels: 100_000_000,
            max_memory_mb: 512,
            min_side: 32,
            near_duplicate_distance: 4,
            split: Split::default(),
        }
    }
}

/// `[preprocess.split]`: shares that add up to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Split {
    /// What the head learns from.
    pub train: f64,
    /// What chooses among trials and ends them.
    pub val: f64,
    /// What is looked at once, by `evaluate`.
    pub test: f64,
}

impl Default for Split {
    fn default() -> Self {
        Self { train: 0.70, val: 0.15, test: 0.15 }
    }
}

/// `[evaluate]`: how the tuned network is judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Evaluate {
    /// Resamples behind the confidence interval.
    pub bootstrap_samples: usize,
    /// Bins of the calibration error.
    pub calibration_bins: usize,
    /// Pictures listed for each class.
    pub top_images: usize,
    /// What must hold, or the stage ends with exit code 3.
    pub gate: Gate,
}

impl Default for Evaluate {
    fn default() -> Self {
        Self { bootstrap_samples: 2000, calibration_bins: 10, top_images: 5, gate: Gate::default() }
    }
}

/// `[evaluate.gate]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gate {
    /// The least accuracy on the test split, in [0, 1]; 0 lets everything pass.
    pub accuracy: f64,
}
