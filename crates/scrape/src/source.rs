//! What a source of pictures is.
//!
//! A source knows where pictures may be: for each class a row of queries, and for each query pages of candidates, in an order
//! of its own that stays. It fetches nothing from the web and judges nothing: which candidates are taken, and how, is the same
//! for every source.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::{self, Read};
use std::pin::Pin;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::desk::{Desk, Stop};
use crate::licence::Licence;

/// Somewhere that pictures come from.
pub trait Source: Send + Sync {
    /// Its name in the configuration.
    fn kind(&self) -> &'static str;

    /// What its pictures depend on beside `[scrape]`, by name: when one of these changes, the stage runs again.
    fn inputs(&self) -> Result<BTreeMap<String, String>> {
        Ok(BTreeMap::new())
    }

    /// What it is to fill, class by class.
    fn wants(&self) -> Result<Vec<Want>>;

    /// The address that [`Source::page`] would ask next, for people; `None` when it asks nobody.
    fn question(&self, class: &str, query: &str, from: Option<&str>) -> Option<String> {
        let _ = (class, query, from);
        None
    }

    /// One page of candidates: the first, or the one that [`Page::next`] named.
    fn page<'a>(&'a self, desk: &'a Desk, class: &'a str, query: &'a str, from: Option<&'a str>) -> Asked<'a>;

    /// The bytes of a candidate that lies on this machine; `None` for one that is fetched from the web.
    fn open(&self, class: &str, candidate: &Candidate) -> Option<io::Result<Box<dyn Read>>> {
        let _ = (class, candidate);
        None
    }

    /// What a person should know before it is used.
    fn notice(&self) -> Option<String> {
        None
    }
}

/// A page on its way.
pub type Asked<'a> = Pin<Box<dyn Future<Output = Result<Page, Stop>> + Send + 'a>>;

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
