//! `scrape/shortfalls.csv`: the classes for which a source found fewer images than the configuration wants.
//!
//! The file exists only when there is such a class.

use serde::{Deserialize, Serialize};

use super::Row;
use crate::config::SourceKind;
use crate::stages;

/// A class with fewer images than wanted from one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShortfallRow {
    /// The class.
    pub class: String,
    /// The kind of source.
    pub kind: SourceKind,
    /// The number of images that the configuration wants.
    pub wanted: usize,
    /// The number of images that the source gave.
    pub found: usize,
    /// Why there are no more.
    pub reason: String,
}

impl Row for ShortfallRow {
    const STAGE: &'static str = stages::SCRAPE;
    const FILE: &'static str = "shortfalls.csv";
}
