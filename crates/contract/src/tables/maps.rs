//! `analyze/maps/`: saliency maps of the chosen images, and how faithful they are.

use serde::{Deserialize, Serialize};

use super::{Row, text};
use crate::config::Method;
use crate::stages;

/// Returns the folder with the maps of one image for the predicted class, below the folder of `analyze`.
pub fn maps_of(id: &str) -> String {
    format!("maps/{id}")
}

/// Returns the folder with the maps of one image for its label, where the network predicts another class.
pub fn label_maps_of(id: &str) -> String {
    format!("{}/label", maps_of(id))
}

/// Returns the file with a map over its image, in a folder of maps.
pub fn overlay_file(folder: &str, method: Method) -> String {
    format!("{folder}/{}.png", method.name())
}

/// Returns the file with the values of a map, in a folder of maps: `[size, size]`, float32. The values of occlusion are
/// drops of the probability.
pub fn values_file(folder: &str, method: Method) -> String {
    format!("{folder}/{}.npy", method.name())
}

/// Returns the file with the values of Grad-CAM in the size of its layer, in a folder of maps.
pub fn layer_values_file(folder: &str) -> String {
    format!("{folder}/gradcam.layer.npy")
}

/// The class that the maps of one folder explain: a row of `targets.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapTarget {
    /// The image's id.
    pub id: String,
    /// The folder of the maps, below the folder of `analyze`.
    pub folder: String,
    /// Name of the class.
    pub target: String,
    /// Probability of the class.
    #[serde(serialize_with = "text::plain")]
    pub probability: f32,
    /// Which class it is.
    pub of: TargetClass,
}

/// Which class a map explains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TargetClass {
    /// The most probable class.
    #[serde(rename = "named by the network")]
    Predicted,
    /// The image's label, where another class is more probable.
    #[serde(rename = "the label")]
    Label,
}

impl Row for MapTarget {
    const STAGE: &'static str = stages::ANALYZE;
    const FILE: &'static str = "maps/targets.csv";
}

/// The areas under the two curves of a map: a row of `faithfulness.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Faithfulness {
    /// The image's id.
    pub id: String,
    /// The method of the map.
    pub method: Method,
    /// Area under the deletion curve, in [0, 1]. A low value is good.
    #[serde(serialize_with = "text::plain")]
    pub deletion: f64,
    /// Area under the insertion curve, in [0, 1]. A high value is good.
    #[serde(serialize_with = "text::plain")]
    pub insertion: f64,
}

impl Row for Faithfulness {
    const STAGE: &'static str = stages::ANALYZE;
    const FILE: &'static str = "maps/faithfulness.csv";
}

/// One point of a curve of a map: a row of `curves.csv` in the image's folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FadePoint {
    /// The method of the map.
    pub method: Method,
    /// Which curve.
    pub kind: Fade,
    /// Share of the pixels that are changed, in [0, 1].
    #[serde(serialize_with = "text::plain")]
    pub share: f32,
    /// Probability of the class that the map explains.
    #[serde(serialize_with = "text::plain")]
    pub probability: f32,
}

/// The two curves of a saliency map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fade {
    /// The pixels that the map ranks highest are removed first.
    Deletion,
    /// The pixels that the map ranks highest are inserted first.
    Insertion,
}

impl Row for FadePoint {
    const STAGE: &'static str = stages::ANALYZE;
    const FILE: &'static str = "curves.csv";
}

/// One window of an occlusion run: a row of `occlusion.csv` in the folder of the maps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WindowRow {
    /// Row in the grid of windows.
    pub row: usize,
    /// Column in the grid of windows.
    pub column: usize,
    /// First column of pixels that the window covers.
    pub left: usize,
    /// First row of pixels that the window covers.
    pub top: usize,
    /// Probability of the class while the window is covered.
    #[serde(serialize_with = "text::plain")]
    pub probability: f32,
    /// The probability without the window minus the probability with it.
    #[serde(serialize_with = "text::plain")]
    pub drop: f32,
    /// Natural logarithm of probability / (1 - probability).
    #[serde(serialize_with = "text::plain")]
    pub log_odds: f32,
    /// The log-odds without the window minus the log-odds with it.
    #[serde(serialize_with = "text::plain")]
    pub log_odds_drop: f32,
}

impl Row for WindowRow {
    const STAGE: &'static str = stages::ANALYZE;
    const FILE: &'static str = "occlusion.csv";
}
