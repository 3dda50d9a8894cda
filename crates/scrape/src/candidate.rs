//! The records that a source exchanges with the stage: quotas, pages of candidates, and rejects.

use serde::{Deserialize, Serialize};

use crate::licence::Licence;

/// The number of images that a source has to find for one class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// The class.
    pub class: String,
    /// The search queries. A source that does not search has one empty query.
    pub queries: Vec<String>,
    /// The number of images. `usize::MAX` means all images of the source.
    pub count: usize,
}

/// One page of the results of a query.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The candidates, best first.
    pub candidates: Vec<Candidate>,
    /// The results that cannot be candidates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejects: Vec<Reject>,
    /// The name of the next page, in the syntax of the source. `None` on the last page.
    pub next: Option<String>,
}

/// An image that a source offers. A field that the source does not know is empty or 0.
///
/// The journal stores candidates, so the serialized field names are a format.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Candidate {
    /// The location of the file: a web address, a path, or a name such as `drawn:cat:1`.
    #[serde(rename = "source")]
    pub location: String,
    /// The address of the web page that shows the image.
    pub page: String,
    /// The title.
    pub title: String,
    /// The author.
    pub author: String,
    /// The licence.
    pub licence: Option<Licence>,
    /// The address of the licence text.
    pub licence_url: String,
    /// The media type, such as `image/jpeg`.
    pub mime: String,
    /// The width in pixels.
    pub width: u32,
    /// The height in pixels.
    pub height: u32,
}

/// A file that the stage does not take.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reject {
    /// The class that the file was offered for. Empty if there is none.
    pub class: String,
    /// The location of the file, as in [`Candidate::location`].
    #[serde(rename = "source")]
    pub location: String,
    /// The reason.
    pub reason: String,
}
