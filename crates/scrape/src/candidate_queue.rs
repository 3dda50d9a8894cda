//! The candidates that one source offers for one class, and the state of their files.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use contract::config::SourceKind;

use crate::candidate::{Candidate, Page, Quota, Reject};

/// A candidate, the query that found it, and the state of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The candidate.
    pub candidate: Candidate,
    /// The index of the query that found the candidate, in [`Quota::queries`].
    pub query: usize,
    /// The state of the file.
    pub file: FileState,
}

/// The state of a candidate's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// The stage has not fetched the file.
    Unknown,
    /// The file is an image. The value is its index in [`crate::contents::Contents`].
    Image(usize),
    /// The file cannot be used, for this reason.
    Refused(String),
    /// The stage failed to fetch the file, for this reason. A later run tries again.
    Later(String),
}

/// The progress of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cursor {
    /// The next page has this name. `None` is the first page.
    Page(Option<String>),
    /// The query has no more pages.
    End,
}

/// The candidates that one source offers for one class, in the order of the source.
#[derive(Debug)]
pub struct CandidateQueue {
    /// The index of the source.
    pub source: usize,
    /// The kind of the source.
    pub kind: SourceKind,
    /// Whether the source is on the web.
    pub on_web: bool,
    /// The quota to fill.
    pub quota: Quota,
    /// The candidates that the source has named so far, in order.
    pub slots: Vec<Slot>,
    /// The results that the source rejected itself.
    pub rejects: Vec<Reject>,
    /// The reasons why queries ended early, and whether a later run may succeed.
    pub faults: Vec<(String, bool)>,
    cursors: Vec<Cursor>,
    /// The query whose page comes next. Queries take turns, one page each.
    next_query: usize,
    /// The index of the slot of each location.
    slot_of: BTreeMap<String, usize>,
}

impl CandidateQueue {
    /// Creates a queue without candidates.
    pub fn new(source: usize, kind: SourceKind, quota: Quota) -> Self {
        let cursors = quota.queries.iter().map(|_| Cursor::Page(None)).collect();
        let (slots, rejects, faults, slot_of) = (Vec::new(), Vec::new(), Vec::new(), BTreeMap::new());
        Self { source, kind, on_web: kind.is_web(), quota, slots, rejects, faults, cursors, next_query: 0, slot_of }
    }

    /// Returns whether no query has another page.
    pub fn is_done(&self) -> bool {
        self.cursors.iter().all(|cursor| *cursor == Cursor::End)
    }

    /// Returns the index of the query whose page comes next, and the name of that page.
    pub fn next_page(&self) -> Option<(usize, Option<&str>)> {
        let count = self.cursors.len();
        let mut order = (0..count).map(|step| (self.next_query + step) % count);
        order.find_map(|query| match &self.cursors[query] {
            Cursor::Page(from) => Some((query, from.as_deref())),
            Cursor::End => None,
        })
    }

    /// Appends a page of `query`, without the locations that the queue has already. Returns the range of new slots.
    pub fn add(&mut self, query: usize, page: Page) -> std::ops::Range<usize> {
        let first = self.slots.len();
        for candidate in page.candidates {
            if let Entry::Vacant(place) = self.slot_of.entry(candidate.location.clone()) {
                place.insert(self.slots.len());
                self.slots.push(Slot { candidate, query, file: FileState::Unknown });
            }
        }
        self.rejects.extend(page.rejects);
        // A page that names itself as the next page would never end.
        let stuck = matches!(&self.cursors[query], Cursor::Page(Some(from)) if page.next.as_ref() == Some(from));
        self.cursors[query] = match page.next {
            Some(next) if !stuck => Cursor::Page(Some(next)),
            _ => Cursor::End,
        };
        self.next_query = (query + 1) % self.cursors.len();
        first..self.slots.len()
    }

    /// Returns the slot of the candidate at `location`.
    pub fn find(&mut self, location: &str) -> Option<&mut Slot> {
        self.slot_of.get(location).map(|place| &mut self.slots[*place])
    }

    /// Ends `query` for this run. `may_pass` says whether a later run may succeed.
    pub fn stop(&mut self, query: usize, reason: String, may_pass: bool) {
        self.faults.push((reason, may_pass));
        self.cursors[query] = Cursor::End;
    }

    /// Ends every query for this run, without a reason.
    pub fn close(&mut self) {
        self.cursors.fill(Cursor::End);
    }
}
