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

use crate::candidate::{Candidate, Page, Want};
use crate::desk::{Desk, Stop};

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
