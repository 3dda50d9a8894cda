//! The trait of a source of images.
//!
//! A source names candidates: for each class it has a list of queries, and for each query pages of candidates in a stable
//! order. A source fetches no files from the web and judges no candidates. The stage does that for all sources in the
//! same way.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::{self, Read};
use std::pin::Pin;

use anyhow::Result;
use contract::config::SourceKind;
use pipeline::Problems;

use crate::api_client::{ApiClient, Stop};
use crate::candidate::{Candidate, Page, Quota};

/// A source of images.
pub trait Source: Send + Sync {
    /// Returns the kind of the source.
    fn kind(&self) -> SourceKind;

    /// Returns the inputs of the source other than `[scrape]`, by name. The stage runs again when an input changes.
    fn inputs(&self) -> Result<BTreeMap<String, String>> {
        Ok(BTreeMap::new())
    }

    /// Returns the quota of each class.
    fn quotas(&self) -> Result<Vec<Quota>>;

    /// Returns the address that [`Source::page`] requests, without credentials. `None` if it sends no request.
    fn request_address(&self, class: &str, query: &str, page: Option<&str>) -> Option<String> {
        let _ = (class, query, page);
        None
    }

    /// Returns a page of candidates: the first page, or the page with the name that [`Page::next`] gave.
    fn page<'a>(&'a self, api: &'a ApiClient, class: &'a str, query: &'a str, page: Option<&'a str>) -> PageFuture<'a>;

    /// Opens the file of a candidate on this machine. `None` if the file is on the web.
    fn open(&self, class: &str, candidate: &Candidate) -> Option<io::Result<Box<dyn Read>>> {
        let _ = (class, candidate);
        None
    }

    /// Adds everything that is wrong with the user's files to `problems`. The stage reports the problems of all sources together,
    /// before it changes an output.
    fn problems(&self, problems: &mut Problems) {
        if let Err(error) = self.quotas() {
            problems.add_error(&error);
        }
    }

    /// Returns messages for the user before the stage uses the source.
    fn notices(&self) -> Vec<Notice> {
        Vec::new()
    }
}

/// A message of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Something that the user may want to know.
    Note(String),
    /// Something that probably is a mistake.
    Warning(String),
}

/// The future of a page of candidates.
pub type PageFuture<'a> = Pin<Box<dyn Future<Output = Result<Page, Stop>> + Send + 'a>>;
