//! `evaluate/misclassified.csv`: every wrong prediction, the most confident one first.

use serde::{Deserialize, Serialize};

use super::{Row, text};
use crate::stages;

/// An image whose prediction is not its label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mistake {
    /// The image's id.
    pub id: String,
    /// The preprocessed image, below the folder of `preprocess`.
    pub path: String,
    /// The name under which the user knows the image.
    pub source: String,
    /// Name of its class.
    pub label: String,
    /// Name of the most probable class.
    pub predicted: String,
    /// Probability of the predicted class.
    #[serde(serialize_with = "text::single")]
    pub confidence: f64,
    /// Probability of the label.
    #[serde(serialize_with = "text::single")]
    pub p_label: f64,
}

impl Row for Mistake {
    const STAGE: &'static str = stages::EVALUATE;
    const FILE: &'static str = "misclassified.csv";
}
