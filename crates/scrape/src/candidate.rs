//! Candidates: images that a source offers, before anything of them is fetched.

use serde::{Deserialize, Serialize};

use crate::licence::Licence;

/// What a source is to find for one class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// The class.
    pub class: String,
    /// What to search for; a source that does not search has one empty query.
    pub queries: Vec<String>,
    /// So many pictures; `usize::MAX` for all there are.
    pub count: usize,
}

/// A part of what a query finds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Possible pictures, best first.
    pub candidates: Vec<Candidate>,
    /// What is none, each with its reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejects: Vec<Reject>,
    /// Names the next page, in the source's own words; `None` after the last.
    pub next: Option<String>,
}

/// Something that may be a picture. What a source does not know is empty or 0.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Candidate {
    /// Where it is: an address, a path, a number. What the user knows it by.
    pub source: String,
    /// The page that shows it.
    pub page: String,
    /// Its title.
    pub title: String,
    /// Who made it.
    pub author: String,
    /// Its licence.
    pub licence: Option<Licence>,
    /// The licence's address.
    pub licence_url: String,
    /// Media type, such as `image/jpeg`.
    pub mime: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// Something that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reject {
    /// The class that it was offered for; empty where there is none.
    pub class: String,
    /// What the user knows it by.
    pub source: String,
    /// Why it was not taken.
    pub reason: String,
}
