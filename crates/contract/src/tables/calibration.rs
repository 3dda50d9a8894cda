//! `evaluate/calibration.csv`: the mean confidence and the accuracy of the predictions in each confidence bin.

use serde::{Deserialize, Serialize};

use super::{Row, text};
use crate::stages;

/// The predictions whose confidence is in (`low`, `high`]. The first bin also contains 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// Lower end, exclusive.
    #[serde(serialize_with = "text::fixed::<6, _>")]
    pub low: f64,
    /// Upper end, inclusive.
    #[serde(serialize_with = "text::fixed::<6, _>")]
    pub high: f64,
    /// Predictions in the bin.
    #[serde(rename = "pictures")]
    pub images: usize,
    /// Their mean confidence. `None` in an empty bin.
    #[serde(serialize_with = "text::fixed_or_empty::<6, _>")]
    pub confidence: Option<f64>,
    /// Share of right predictions. `None` in an empty bin.
    #[serde(serialize_with = "text::fixed_or_empty::<6, _>")]
    pub accuracy: Option<f64>,
}

impl Row for CalibrationBin {
    const STAGE: &'static str = stages::EVALUATE;
    const FILE: &'static str = "calibration.csv";
}
