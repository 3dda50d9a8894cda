//! `[evaluate]`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

/// How the tuned network is evaluated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, deny_unknown_fields)]
pub struct Evaluate {
    /// Bins of the expected calibration error.
    #[default = 10]
    #[schemars(range(min = 1, max = 1000))]
    pub calibration_bins: usize,
    /// Number of highest-probability images that are listed for each class.
    #[default = 5]
    pub top_images: usize,
    /// Requirements. `evaluate` ends with exit code 3 when one is not met.
    pub gate: Gate,
}

/// Requirements. `evaluate` ends with exit code 3 when one is not met.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Gate {
    /// Least accuracy on the test split.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub accuracy: f64,
}
