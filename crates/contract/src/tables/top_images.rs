//! `evaluate/top_images.csv`: the images with the highest probability of each class.

use serde::{Deserialize, Serialize};

use super::{Row, text};
use crate::stages;

/// An image with one of the highest probabilities of a class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TopImage {
    /// Name of the class.
    pub class: String,
    /// Place in the class, from 1. Rank 1 has the highest probability.
    pub rank: usize,
    /// The image's id.
    pub id: String,
    /// The preprocessed image, below the folder of `preprocess`.
    pub path: String,
    /// The name under which the user knows the image.
    pub source: String,
    /// The image's label, which can be another class.
    pub label: String,
    /// Probability of `class`.
    #[serde(serialize_with = "text::single")]
    pub probability: f64,
}

impl Row for TopImage {
    const STAGE: &'static str = stages::EVALUATE;
    const FILE: &'static str = "top_images.csv";
}
