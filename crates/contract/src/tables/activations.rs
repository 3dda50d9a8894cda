//! `analyze/activations/`: feature maps of the chosen images, and what every channel does over the data set.
//!
//! The stage `activations` writes the same tables and files to the root of its own folder.

use serde::{Deserialize, Serialize};

use super::layer_files::file_name;
use super::{Row, text};
use crate::artifact::join;
use crate::stages;

/// The folder below the folder of `analyze`. The stage `activations` uses the root of its own folder, `""`.
pub const FOLDER: &str = "activations";

/// Returns the folder with the feature maps of one image, below `folder`.
pub fn maps_of(folder: &str, id: &str) -> String {
    join(folder, id)
}

/// Returns the file with the drawing of a layer's feature maps, in the folder [`maps_of`]. [`file_name`] gives the `stem` of a layer.
pub fn maps_file(folder: &str, stem: &str) -> String {
    format!("{folder}/{stem}.png")
}

/// Returns the file with the values of a layer's feature maps, in the folder [`maps_of`].
pub fn values_file(folder: &str, stem: &str) -> String {
    format!("{folder}/{stem}.npy")
}

/// Returns the file with a layer's strongest images, below `folder`.
pub fn top_file(folder: &str, layer: &str) -> String {
    join(folder, &format!("top/{}.png", file_name(layer)))
}

/// One channel over all places of all images of the data set: a row of `statistics.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChannelRow {
    /// The name of the layer.
    pub layer: String,
    /// The channel's number, from 0.
    pub channel: usize,
    /// Mean value.
    #[serde(serialize_with = "text::plain")]
    pub mean: f64,
    /// Standard deviation of the population.
    #[serde(serialize_with = "text::plain")]
    pub deviation: f64,
    /// The largest value.
    #[serde(serialize_with = "text::plain")]
    pub max: f64,
    /// Share of values that are exactly 0.
    #[serde(serialize_with = "text::plain")]
    pub zero: f64,
}

impl Row for ChannelRow {
    const STAGE: &'static str = stages::ANALYZE;
    const FILE: &'static str = "statistics.csv";
}

/// One of the images with the largest values of a channel: a row of `top.csv`.
///
/// Each image is listed once for a channel, with its largest value. A value of exactly 0 is not listed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TopRow {
    /// The name of the layer.
    pub layer: String,
    /// The channel's number, from 0.
    pub channel: usize,
    /// Place among the images of the channel, from 1. Rank 1 has the largest value.
    pub rank: usize,
    /// The image's id.
    pub id: String,
    /// The value.
    #[serde(serialize_with = "text::plain")]
    pub value: f32,
    /// First column of the receptive field of the value's place, in pixels of the network's input.
    pub left: usize,
    /// First row of the receptive field.
    pub top: usize,
    /// The first column beyond the receptive field.
    pub right: usize,
    /// The first row beyond the receptive field.
    pub bottom: usize,
}

impl Row for TopRow {
    const STAGE: &'static str = stages::ANALYZE;
    const FILE: &'static str = "top.csv";
}
