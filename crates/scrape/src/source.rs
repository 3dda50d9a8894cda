//! What a source of pictures is.

use std::collections::BTreeMap;

use anyhow::Result;
use pipeline::Run;

use crate::store::{Store, Stored};

/// Somewhere that pictures come from.
pub trait Source {
    /// What its pictures depend on beside `[scrape]`, by name: when one of these changes, the stage runs again.
    fn inputs(&self) -> Result<BTreeMap<String, String>>;

    /// Puts every picture into `store` and tells what it found, in an order that depends on nothing but its inputs.
    ///
    /// What cannot be had is a [`Found::Reject`]; an error is for what makes the whole run pointless.
    fn gather(&self, run: &Run, store: &Store) -> Result<Vec<Found>>;
}

/// What a source found in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A picture, now in the store.
    Picture(Picture),
    /// Something that is no use, or could not be had.
    Reject(Reject),
}

/// A picture and where it came from. What a source does not know is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture {
    /// Its class.
    pub class: String,
    /// Where it is now.
    pub stored: Stored,
    /// What the user knows it by: a path, an address, a number.
    pub source: String,
    /// The page that shows it.
    pub page: String,
    /// Its title.
    pub title: String,
    /// Who made it.
    pub author: String,
    /// Its licence, as an SPDX identifier where there is one.
    pub licence: String,
}

/// Something that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// The class that it was offered for; empty where there is none.
    pub class: String,
    /// What the user knows it by.
    pub source: String,
    /// Why it was not taken.
    pub reason: String,
}
