//! The selection of images: which candidates become part of the data set.
//!
//! Each queue of candidates takes its candidates in order until it has as many images as its quota. A copy of an image
//! that is kept in the same class does not count. An image that two classes offer is kept in neither class, because one
//! of the labels is wrong and the stage does not know which one. The queues that lose an image go on to the next
//! candidate.
//!
//! The selection depends on the order of the candidates and on the state of their files. It does not depend on the order
//! in which files arrive. A run that was killed and continued therefore ends with the same data set.

use std::collections::{BTreeMap, BTreeSet};

use crate::candidate_queue::{CandidateQueue, FileState};
use crate::contents::Contents;
use crate::filter::Filter;

/// The decision about a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The image is part of the data set.
    Kept,
    /// The file is the same as the file of the kept image in this slot.
    Duplicate(SlotPlace),
    /// The image looks like the kept image in this slot.
    NearDuplicate(SlotPlace),
    /// The image is not taken, for this reason.
    Refused(String),
    /// The file could not be fetched, for this reason. A later run tries again.
    Later(String),
    /// The file has to be fetched before the stage can decide.
    Undecided,
}

/// The position of a slot: the index of its queue, and its index in that queue.
pub type SlotPlace = (usize, usize);

/// The decisions about all candidates.
#[derive(Debug, Default)]
pub struct Selection {
    /// For each queue, the decisions about its first candidates. A queue that is full has no decisions about the rest.
    pub decisions: Vec<Vec<Decision>>,
    /// The slots whose files have to be fetched next, in order.
    pub to_fetch: Vec<SlotPlace>,
    /// The indices of the queues that need more candidates.
    pub unfilled: Vec<usize>,
}

impl Selection {
    /// Returns the positions of the kept images, queue by queue.
    pub fn kept(&self) -> impl Iterator<Item = SlotPlace> {
        let kept_of = |(queue, decisions): (usize, &Vec<Decision>)| {
            let kept = decisions.iter().enumerate().filter(|(_, decision)| **decision == Decision::Kept);
            kept.map(|(slot, _)| (queue, slot)).collect::<Vec<_>>()
        };
        self.decisions.iter().enumerate().flat_map(kept_of)
    }
}

/// The offers of each content that two classes offer, by content and class.
type Conflicts = BTreeMap<usize, BTreeMap<String, Offer>>;

/// One of the offers of a content with a conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Offer {
    /// Whether the classes offer the same file. Otherwise they offer files that look alike.
    same_file: bool,
    /// The location of the offered file.
    location: String,
}

/// Decides about the candidates of `queues`, as far as the states of their files allow.
pub fn select(queues: &[CandidateQueue], contents: &Contents, filter: &Filter) -> Selection {
    let mut conflicts = Conflicts::new();
    loop {
        let mut pass =
            Pass { queues, contents, filter, conflicts: &conflicts, kept: BTreeMap::new(), found: Vec::new() };
        let selection = pass.run();
        // While some files are missing, a conflict may concern images that are not kept in the end.
        if !selection.to_fetch.is_empty() || !selection.unfilled.is_empty() || pass.found.is_empty() {
            return selection;
        }
        let found = std::mem::take(&mut pass.found);
        for (content, class, offer) in found {
            conflicts.entry(content).or_default().entry(class).or_insert(offer);
        }
    }
}

/// One pass over all queues. A pass that finds conflicts is followed by another pass that knows them.
struct Pass<'a> {
    queues: &'a [CandidateQueue],
    contents: &'a Contents,
    filter: &'a Filter,
    /// The conflicts that earlier passes found.
    conflicts: &'a Conflicts,
    /// The position of each kept content.
    kept: BTreeMap<usize, SlotPlace>,
    /// The conflicts that this pass finds: contents with one of their offers.
    found: Vec<(usize, String, Offer)>,
}

impl Pass<'_> {
    fn run(&mut self) -> Selection {
        let mut selection = Selection::default();
        let mut requested = BTreeSet::new();
        for (at, queue) in self.queues.iter().enumerate() {
            let (mut decisions, mut filled) = (Vec::new(), 0);
            for (index, slot) in queue.slots.iter().enumerate() {
                if filled >= queue.quota.count {
                    break;
                }
                let decision = self.decide((at, index), &slot.file);
                filled += usize::from(matches!(decision, Decision::Kept | Decision::Undecided));
                if decision == Decision::Undecided && requested.insert(slot.candidate.location.as_str()) {
                    selection.to_fetch.push((at, index));
                }
                decisions.push(decision);
            }
            if filled < queue.quota.count && !queue.is_done() {
                selection.unfilled.push(at);
            }
            selection.decisions.push(decisions);
        }
        selection
    }

    /// Decides about the candidate at the position `place`, whose file is in the state `file`.
    fn decide(&mut self, place: SlotPlace, file: &FileState) -> Decision {
        let queue = &self.queues[place.0];
        // The filter applies only to images from the web.
        let filter = queue.on_web.then_some(self.filter);
        if let Some(reason) = filter.and_then(|filter| filter.refuse(&queue.slots[place.1].candidate)) {
            return Decision::Refused(reason);
        }
        match file {
            FileState::Unknown => Decision::Undecided,
            FileState::Refused(reason) => Decision::Refused(reason.clone()),
            FileState::Later(reason) => Decision::Later(reason.clone()),
            FileState::Image(content) => {
                let too_small = filter.and_then(|filter| filter.too_small(self.contents.get(*content)));
                too_small.map_or_else(|| self.compare(place, *content), Decision::Refused)
            }
        }
    }

    /// Decides about an image by the images that are kept already.
    fn compare(&mut self, place: SlotPlace, content: usize) -> Decision {
        let class = &self.queues[place.0].quota.class;
        if let Some(offers) = self.conflicts.get(&content) {
            return Decision::Refused(conflict_reason(offers, class, false));
        }
        if let Some(first) = self.kept.get(&content).copied() {
            return if self.class(first) == class {
                Decision::Duplicate(first)
            } else {
                self.add_conflict(place, content, first, content)
            };
        }
        let lookalikes = self.contents.lookalikes(content);
        if let Some(offers) = lookalikes.iter().find_map(|other| self.conflicts.get(other)) {
            return Decision::Refused(conflict_reason(offers, class, true));
        }
        let first = lookalikes.iter().filter_map(|other| Some((self.kept.get(other).copied()?, *other))).min();
        match first {
            None => {
                self.kept.insert(content, place);
                Decision::Kept
            }
            Some((first, _)) if self.class(first) == class => Decision::NearDuplicate(first),
            Some((first, other)) => self.add_conflict(place, content, first, other),
        }
    }

    fn class(&self, place: SlotPlace) -> &str {
        &self.queues[place.0].quota.class
    }

    /// Records that `content` at `place` and `other`, kept at `first`, are offered for different classes.
    fn add_conflict(&mut self, place: SlotPlace, content: usize, first: SlotPlace, other: usize) -> Decision {
        let same_file = content == other;
        let offer = |place: SlotPlace| {
            (self.class(place).to_owned(), self.queues[place.0].slots[place.1].candidate.location.clone())
        };
        let (here, there) = (offer(place), offer(first));
        let decision = Decision::Refused(reason(same_file, &there.0, &there.1));
        for content in [content, other] {
            for (class, location) in [here.clone(), there.clone()] {
                self.found.push((content, class, Offer { same_file, location }));
            }
        }
        decision
    }
}

/// Returns the reason to refuse an image of `class` that has the conflict `offers`. `lookalike` says that the image only
/// looks like the image with the conflict.
fn conflict_reason(offers: &BTreeMap<String, Offer>, class: &str, lookalike: bool) -> String {
    let other = offers.iter().find(|(other, _)| *other != class).or_else(|| offers.iter().next());
    other.map_or_else(String::new, |(class, offer)| reason(offer.same_file && !lookalike, class, &offer.location))
}

fn reason(same_file: bool, class: &str, location: &str) -> String {
    if same_file {
        format!("class `{class}` contains the same image ({location}), and one of the labels is wrong")
    } else {
        format!(
            "class `{class}` contains an image that looks the same ({location}), and one of the labels may be wrong"
        )
    }
}

#[cfg(test)]
mod tests;
