//! `[preprocess]`.

use pipeline::config::Violation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

use super::rule::rule;

/// Which images are used, and for which split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, deny_unknown_fields)]
pub struct Preprocess {
    /// An image with more pixels is rejected before it is decoded.
    #[default = 100_000_000]
    #[schemars(range(min = 1))]
    pub max_pixels: u64,
    /// An image that needs more memory for decoding, in MiB, is rejected. The images that are decoded at the same time share this memory.
    #[default = 512]
    #[schemars(range(min = 1))]
    pub max_memory_mb: u64,
    /// An image whose shorter side has fewer pixels is rejected.
    #[default = 32]
    pub min_side: u32,
    /// Images whose 64-bit perceptual hashes differ in at most this many bits stay in one split.
    #[default = 4]
    pub near_duplicate_distance: u32,
    /// Shares of the splits. They add up to 1.
    pub split: Split,
}

/// The keys of `[preprocess]` that limit the decoding of any image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecodeLimits {
    /// See [`Preprocess::max_pixels`].
    pub max_pixels: u64,
    /// See [`Preprocess::max_memory_mb`].
    pub max_memory_mb: u64,
}

impl Preprocess {
    /// Returns the keys that limit the decoding of any image.
    pub fn decode_limits(&self) -> DecodeLimits {
        DecodeLimits { max_pixels: self.max_pixels, max_memory_mb: self.max_memory_mb }
    }
}

/// Shares of the splits. They add up to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, deny_unknown_fields)]
pub struct Split {
    /// Share of the images that `train` learns from.
    #[default = 0.70]
    #[schemars(extend("exclusiveMinimum" = 0.0, "exclusiveMaximum" = 1.0))]
    pub train: f64,
    /// Share of the images whose loss stops trials and chooses the best one.
    #[default = 0.15]
    #[schemars(extend("exclusiveMinimum" = 0.0, "exclusiveMaximum" = 1.0))]
    pub val: f64,
    /// Share of the images on which `evaluate` measures the tuned network.
    #[default = 0.15]
    #[schemars(extend("exclusiveMinimum" = 0.0, "exclusiveMaximum" = 1.0))]
    pub test: f64,
}

impl Split {
    pub(super) fn check(&self) -> Result<(), Violation> {
        let sum = self.train + self.val + self.test;
        rule((sum - 1.0).abs() < 1e-6, "preprocess.split", "three shares that add up to 1")
    }
}
