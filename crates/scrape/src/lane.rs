//! A lane: what one source offers for one class, and what is known of it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::candidate::{Candidate, Page, Reject, Want};

/// A candidate, where it was found, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The candidate.
    pub candidate: Candidate,
    /// The query that found it: an index into [`Want::queries`].
    pub query: usize,
    /// What is known of its file.
    pub known: Known,
}

/// What is known of a candidate's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// Nothing: it has not been fetched.
    Nothing,
    /// A picture: an index into the contents.
    Picture(usize),
    /// It cannot be had.
    Refused(String),
    /// It cannot be had for now.
    Later(String),
}

/// Where a query has got to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cursor {
    /// Before the page of this name; `None` is the first.
    At(Option<String>),
    /// Behind its last page.
    End,
}

/// What one source offers for one class.
#[derive(Debug)]
pub struct Lane {
    /// The source: an index into the sources.
    pub source: usize,
    /// Its kind.
    pub kind: &'static str,
    /// Whether its pictures come over the network.
    pub on_web: bool,
    /// What is wanted.
    pub want: Want,
    /// The candidates so far, in order.
    pub slots: Vec<Slot>,
    /// What the source named as no candidate.
    pub rejects: Vec<Reject>,
    /// Why a query ended before its time, and whether that may pass.
    pub faults: Vec<(String, bool)>,
    cursors: Vec<Cursor>,
    /// Whose turn it is: queries take turns, a page each.
    turn: usize,
    /// The slot of each address.
    places: BTreeMap<String, usize>,
}

impl Lane {
    /// A lane without candidates.
    pub fn new(source: usize, kind: &'static str, on_web: bool, want: Want) -> Self {
        let cursors = want.queries.iter().map(|_| Cursor::At(None)).collect();
        let (slots, rejects, faults, places) = (Vec::new(), Vec::new(), Vec::new(), BTreeMap::new());
        Self { source, kind, on_web, want, slots, rejects, faults, cursors, turn: 0, places }
    }

    /// Whether no query has another page.
    pub fn is_done(&self) -> bool {
        self.cursors.iter().all(|cursor| *cursor == Cursor::End)
    }

    /// The query whose page comes next, and that page's name.
    pub fn next(&self) -> Option<(usize, Option<&str>)> {
        let count = self.cursors.len();
        let mut order = (0..count).map(|step| (self.turn + step) % count);
        order.find_map(|query| match &self.cursors[query] {
            Cursor::At(from) => Some((query, from.as_deref())),
            Cursor::End => None,
        })
    }

    /// Takes in a page of `query`. An address that the lane has already is passed over. Gives the slots that are new.
    pub fn add(&mut self, query: usize, page: Page) -> std::ops::Range<usize> {
        let first = self.slots.len();
        for candidate in page.candidates {
            if let Entry::Vacant(place) = self.places.entry(candidate.source.clone()) {
                place.insert(self.slots.len());
                self.slots.push(Slot { candidate, query, known: Known::Nothing });
            }
        }
        self.rejects.extend(page.rejects);
        // A page that names itself as the next would never end.
        let stuck = matches!(&self.cursors[query], Cursor::At(Some(from)) if page.next.as_ref() == Some(from));
        self.cursors[query] = match page.next {
            Some(next) if !stuck => Cursor::At(Some(next)),
            _ => Cursor::End,
        };
        self.turn = (query + 1) % self.cursors.len();
        first..self.slots.len()
    }

    /// The candidate at an address.
    pub fn find(&mut self, address: &str) -> Option<&mut Slot> {
        self.places.get(address).map(|place| &mut self.slots[*place])
    }

    /// Gives `query` up for this run.
    pub fn stop(&mut self, query: usize, reason: String, passes: bool) {
        self.faults.push((reason, passes));
        self.cursors[query] = Cursor::End;
    }

    /// Gives every query up for this run, without a word.
    pub fn close(&mut self) {
        self.cursors.fill(Cursor::End);
    }
}
