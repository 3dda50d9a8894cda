//! `analyze/weights/layers.csv` and `histograms.csv`: the weights of every layer, before and after tuning.

use serde::{Deserialize, Serialize};

use super::{Row, text};
use crate::stages;

/// The folder with the drawings of the weights, below the folder of `analyze`.
pub const FOLDER: &str = "weights";

/// Returns the file with the drawing of a layer's weight. [`file_name`](super::layer_files::file_name) gives the `stem` of a layer.
pub fn drawing_file(stem: &str) -> String {
    format!("{FOLDER}/{stem}.png")
}

/// The weight of one layer, without its bias. The fields about the time before tuning are `None` for a new layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WeightRow {
    /// The name of the layer.
    pub layer: String,
    /// Number of values.
    pub values: usize,
    /// Mean.
    #[serde(serialize_with = "text::plain")]
    pub mean: f64,
    /// Standard deviation of the population.
    #[serde(serialize_with = "text::plain")]
    pub deviation: f64,
    /// Frobenius norm.
    #[serde(serialize_with = "text::plain")]
    pub norm: f64,
    /// Share of values with |w| <= 0.1 x deviation. It is 0.080 for a normal distribution.
    #[serde(serialize_with = "text::plain")]
    pub near_zero: f64,
    /// Mean before tuning.
    #[serde(serialize_with = "text::plain_or_empty")]
    pub mean_before: Option<f64>,
    /// Standard deviation before tuning.
    #[serde(serialize_with = "text::plain_or_empty")]
    pub deviation_before: Option<f64>,
    /// Frobenius norm before tuning.
    #[serde(serialize_with = "text::plain_or_empty")]
    pub norm_before: Option<f64>,
    /// Share of values near 0 before tuning.
    #[serde(serialize_with = "text::plain_or_empty")]
    pub near_zero_before: Option<f64>,
    /// |after - before| / |before|. 0 for a layer that tuning did not change.
    #[serde(serialize_with = "text::plain_or_empty")]
    pub moved: Option<f64>,
}

impl Row for WeightRow {
    const STAGE: &'static str = stages::ANALYZE;
    const FILE: &'static str = "weights/layers.csv";
}

/// One bin of the histogram of a layer's weight. The 100 equal bins cover -m to m, where m is the largest |w| before and after tuning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistogramBin {
    /// The name of the layer.
    pub layer: String,
    /// Before or after tuning. A layer that tuning did not change has no bins of `before`.
    pub which: Which,
    /// Lower edge.
    #[serde(serialize_with = "text::plain")]
    pub low: f64,
    /// Upper edge.
    #[serde(serialize_with = "text::plain")]
    pub high: f64,
    /// Values in the bin.
    pub count: u64,
}

/// The weights before or after tuning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Which {
    /// The weights that tuning began with.
    Before,
    /// The tuned weights.
    After,
}

impl Row for HistogramBin {
    const STAGE: &'static str = stages::ANALYZE;
    const FILE: &'static str = "weights/histograms.csv";
}
