//! `[model]`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

/// The network to start from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, deny_unknown_fields)]
pub struct Model {
    /// Name of a folder in `data/networks/`.
    #[default = "alexnet"]
    #[schemars(length(min = 1))]
    pub network: String,
    /// Initial weights of the layers below the new head.
    pub weights: Weights,
}

/// Initial weights of the layers below the new head.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Weights {
    /// The installed weights.
    #[default]
    Pretrained,
    /// Random weights of the same shapes. A comparison with `pretrained` shows the benefit of pre-training.
    Random,
}
