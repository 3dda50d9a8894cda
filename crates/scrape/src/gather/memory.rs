//! The results of earlier runs for the candidates.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use crate::cache::Cache;
use crate::candidate_queue::{CandidateQueue, FileState};
use crate::contents::Contents;
use crate::journal::{Journal, Verdict};

/// The knowledge of earlier runs.
#[derive(Debug)]
pub struct Memory {
    /// The remembered answers and verdicts.
    pub journal: Arc<Journal>,
    /// The fetched files.
    pub cache: Cache,
    /// The limits of this run. A remembered refusal counts only when it was made under the same limits.
    pub limits: String,
    /// When set, only these addresses are fetched.
    pub only: Option<BTreeSet<String>>,
}

impl Memory {
    /// Fills in what earlier runs know about `slots` of `queue`. New images are added to `contents`. `is_new` states that a source
    /// has named these candidates in this run, so that they are fetched even if `only` restricts the run.
    pub fn recall(&self, queue: &mut CandidateQueue, slots: Range<usize>, contents: &mut Contents, is_new: bool) {
        for slot in &mut queue.slots[slots] {
            let url = &slot.candidate.location;
            slot.file = match self.journal.verdict(url) {
                Some(Verdict::Image(content)) if self.cache.has(&content) => {
                    FileState::Image(contents.add(content, false))
                }
                verdict => self.unless_tried(url, verdict, is_new),
            };
        }
    }

    /// Returns the state of `url` for a verdict that is not an image in the cache.
    fn unless_tried(&self, url: &str, verdict: Option<Verdict>, is_new: bool) -> FileState {
        match (&self.only, verdict) {
            (Some(only), _) if only.contains(url) => FileState::Unknown,
            (_, Some(Verdict::Refused { reason, limits })) if limits == self.limits => FileState::Refused(reason),
            (Some(_), _) if !is_new => FileState::Later("not fetched yet".to_owned()),
            _ => FileState::Unknown,
        }
    }
}
