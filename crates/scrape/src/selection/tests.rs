#![allow(clippy::unwrap_used)]
use std::sync::Arc;

use contract::config::{Scrape, SourceKind};
use proptest::prelude::*;

use super::*;
use crate::candidate::{Candidate, Page, Quota};
use crate::content::Content;

/// Returns a queue of candidates with the given content hashes. `?` is not fetched, and `-` is refused.
fn queue(class: &str, count: usize, hashes: &[&str], contents: &mut Contents) -> CandidateQueue {
    let quota = Quota { class: class.into(), queries: vec![String::new()], count };
    let mut queue = CandidateQueue::new(0, SourceKind::Folder, quota);
    let candidate = |number: usize| Candidate { location: format!("{class}/{number}"), ..Candidate::default() };
    queue.add(0, Page { candidates: (1..=hashes.len()).map(candidate).collect(), ..Page::default() });
    for (slot, hash) in queue.slots.iter_mut().zip(hashes) {
        slot.file = match *hash {
            "?" => FileState::Unknown,
            "-" => FileState::Refused("no".into()),
            hash => {
                FileState::Image(contents.add(Arc::new(Content { hash: hash.into(), ..Content::default() }), false))
            }
        };
    }
    queue
}

fn filter() -> Filter {
    Filter::new(&Scrape::default())
}

/// Returns the decisions as words.
fn words(selection: &Selection) -> Vec<Vec<&'static str>> {
    let word = |decision: &Decision| match decision {
        Decision::Kept => "kept",
        Decision::Duplicate(_) => "duplicate",
        Decision::NearDuplicate(_) => "near",
        Decision::Refused(_) => "refused",
        Decision::Later(_) => "later",
        Decision::Undecided => "open",
    };
    selection.decisions.iter().map(|decisions| decisions.iter().map(word).collect()).collect()
}

#[test]
fn a_queue_takes_its_first_images_without_copies() {
    let mut contents = Contents::new(0);
    let queues = [queue("cat", 3, &["a", "-", "a", "b", "c", "d"], &mut contents)];
    let selection = select(&queues, &contents, &filter());
    assert_eq!(words(&selection), [["kept", "refused", "duplicate", "kept", "kept"]]);
    assert!(selection.to_fetch.is_empty() && selection.unfilled.is_empty());
}

#[test]
fn an_image_of_two_classes_is_in_neither_class() {
    let mut contents = Contents::new(0);
    let queues =
        [queue("cat", 2, &["a", "b", "c"], &mut contents), queue("dog", 2, &["x", "b", "y", "b"], &mut contents)];
    let selection = select(&queues, &contents, &filter());
    assert_eq!(words(&selection), [["kept", "refused", "kept"], ["kept", "refused", "kept"]]);
    let reason = |class: &str, place: &str| {
        Decision::Refused(format!("class `{class}` contains the same image ({place}), and one of the labels is wrong"))
    };
    assert_eq!(selection.decisions[0][1], reason("dog", "dog/2"));
    assert_eq!(selection.decisions[1][1], reason("cat", "cat/2"));
}

#[test]
fn a_queue_requests_only_files_that_it_may_need() {
    let mut contents = Contents::new(0);
    let queues = [queue("cat", 3, &["a", "?", "-", "?", "?", "?"], &mut contents)];
    assert_eq!(select(&queues, &contents, &filter()).to_fetch, [(0, 1), (0, 3)]);
}

/// Generates a site: the content of each address of each class, or `None` for an address without an image.
fn site() -> impl Strategy<Value = Vec<Vec<Option<u8>>>> {
    prop::collection::vec(prop::collection::vec(prop::option::weighted(0.9, 0..12u8), 0..14), 1..4)
}

proptest! {
    #[test]
    fn the_selection_does_not_depend_on_the_order_of_arrival(site in site(), order in any::<u64>(), count in 1..6usize) {
        let (one, fetched_one) = play(&site, count, 0);
        let (other, fetched_other) = play(&site, count, order);
        prop_assert_eq!(one, other);
        // The set of fetched files does not depend on it either.
        prop_assert_eq!(fetched_one, fetched_other);
    }
}

/// Fetches the requested files one by one, in an order that depends on `order`, until the selection is complete.
fn play(site: &[Vec<Option<u8>>], count: usize, mut order: u64) -> (Vec<Vec<Decision>>, BTreeSet<SlotPlace>) {
    let mut contents = Contents::new(0);
    let classes = ["cat", "dog", "flower"];
    let unknown = |row: &Vec<Option<u8>>| vec!["?"; row.len()];
    let mut queues: Vec<CandidateQueue> =
        site.iter().zip(classes).map(|(row, class)| queue(class, count, &unknown(row), &mut contents)).collect();
    let mut fetched = BTreeSet::new();
    loop {
        let selection = select(&queues, &contents, &filter());
        if selection.to_fetch.is_empty() {
            return (selection.decisions, fetched);
        }
        order = order.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let (at, slot) = selection.to_fetch[(order >> 33) as usize % selection.to_fetch.len()];
        assert!(fetched.insert((at, slot)));
        queues[at].slots[slot].file = match site[at][slot] {
            None => FileState::Refused("no".into()),
            Some(hash) => {
                let content = Content { hash: hash.to_string(), ..Content::default() };
                FileState::Image(contents.add(Arc::new(content), false))
            }
        };
    }
}
