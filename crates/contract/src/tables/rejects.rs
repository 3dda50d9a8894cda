//! `scrape/rejects.csv`: everything that `scrape` did not take, with the reason.

use serde::{Deserialize, Serialize};

use super::Row;
use crate::stages;

/// Something that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RejectRow {
    /// The class that it was offered for. Empty when there is none.
    pub class: String,
    /// The name under which the user knows it: a path or a URL.
    pub source: String,
    /// Why it was not taken.
    pub reason: String,
}

impl Row for RejectRow {
    const STAGE: &'static str = stages::SCRAPE;
    const FILE: &'static str = "rejects.csv";
}
