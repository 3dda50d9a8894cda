//! `scrape/sources.csv`: every image that `scrape` found, with its origin.

use serde::{Deserialize, Serialize};

use super::Row;
use crate::config::SourceKind;
use crate::stages;

/// One image and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRow {
    /// The first 16 hex digits of the hash of the file.
    pub hash: String,
    /// The class that the image was found for.
    pub class: String,
    /// The file, below the stage's folder. Empty for a near-duplicate, whose file is not kept.
    pub path: String,
    /// The name under which the user knows the image: a path or a URL.
    pub source: String,
    /// The page that shows the image.
    pub page: String,
    /// The image's title.
    pub title: String,
    /// Who made the image.
    pub author: String,
    /// The licence, such as `CC-BY-4.0`. Empty when the source states none.
    pub licence: String,
    /// The address of the licence.
    pub licence_url: String,
    /// The kind of source.
    pub kind: SourceKind,
    /// The query that found the image.
    pub query: String,
    /// Size of the file.
    pub bytes: Option<u64>,
    /// The `source` of the image that this one repeats.
    pub like: String,
    /// What became of the image.
    pub status: Status,
}

/// What became of an image that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It is in the data set.
    Kept,
    /// The image that `like` names has the same bytes.
    Duplicate,
    /// It looks the same as the image that `like` names. Its own file is not kept.
    NearDuplicate,
}

impl Row for SourceRow {
    const STAGE: &'static str = stages::SCRAPE;
    const FILE: &'static str = "sources.csv";

    /// Rejects anything but 16 hex digits as the hash, because the hash becomes the name of a file.
    fn check(&self) -> Result<(), String> {
        let is_hash = self.hash.len() == 16 && self.hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hash { Ok(()) } else { Err(format!("`{}` is no hash of 16 hex digits", self.hash)) }
    }
}
