//! `preprocess/quarantine.csv`: every file that cannot be used, with the reason. The rejects of `scrape` are among them.

use serde::{Deserialize, Serialize};

use super::Row;
use crate::stages;

/// A file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct QuarantineRow {
    /// The name under which the user knows the file: a path or a URL.
    pub path: String,
    /// Why it cannot be used.
    pub reason: String,
    /// The class that it was found for. Empty when there is none.
    pub class: String,
}

impl Row for QuarantineRow {
    const STAGE: &'static str = stages::PREPROCESS;
    const FILE: &'static str = "quarantine.csv";
}
