//! `evaluate/per_class.csv`: precision, recall and F1 of every class.

use serde::{Deserialize, Serialize};

use super::{Row, text};
use crate::stages;

/// How well the network distinguishes one class from the others. A ratio whose divisor is 0 is 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassScore {
    /// Name of the class.
    pub class: String,
    /// Share of the images predicted as this class that have its label, in [0, 1].
    #[serde(serialize_with = "text::fixed::<6, _>")]
    pub precision: f64,
    /// Share of the images with this label that are predicted as this class, in [0, 1].
    #[serde(serialize_with = "text::fixed::<6, _>")]
    pub recall: f64,
    /// Harmonic mean of precision and recall, in [0, 1].
    #[serde(serialize_with = "text::fixed::<6, _>")]
    pub f1: f64,
    /// Images with this label.
    pub support: usize,
}

impl Row for ClassScore {
    const STAGE: &'static str = stages::EVALUATE;
    const FILE: &'static str = "per_class.csv";
}
