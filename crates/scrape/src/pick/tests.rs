#![allow(clippy::unwrap_used)]
use std::sync::Arc;

use contract::config::Scrape;
use proptest::prelude::*;

use super::*;
use crate::candidate::{Candidate, Page, Want};
use crate::content::Content;

/// A lane whose candidates are told by their hash; `?` is unknown, `-` refused.
fn lane(class: &str, count: usize, hashes: &[&str], contents: &mut Contents) -> Lane {
    let want = Want { class: class.into(), queries: vec![String::new()], count };
    let mut lane = Lane::new(0, "test", false, want);
    let candidate = |number: usize| Candidate { source: format!("{class}/{number}"), ..Candidate::default() };
    lane.add(0, Page { candidates: (1..=hashes.len()).map(candidate).collect(), ..Page::default() });
    for (slot, hash) in lane.slots.iter_mut().zip(hashes) {
        slot.known = match *hash {
            "?" => Known::Nothing,
            "-" => Known::Refused("no".into()),
            hash => Known::Picture(contents.add(Arc::new(Content { hash: hash.into(), ..Content::default() }), false)),
        };
    }
    lane
}

fn sieve() -> Sieve {
    Sieve::new(&Scrape::default())
}

fn words(pick: &Pick) -> Vec<Vec<&'static str>> {
    let word = |fate: &Fate| match fate {
        Fate::Kept => "kept",
        Fate::Duplicate(_) => "duplicate",
        Fate::NearDuplicate(_) => "near",
        Fate::Refused(_) => "refused",
        Fate::Later(_) => "later",
        Fate::Open => "open",
    };
    pick.fates.iter().map(|fates| fates.iter().map(word).collect()).collect()
}

#[test]
fn the_first_so_many_are_taken_and_copies_passed_over() {
    let mut contents = Contents::new(0);
    let lanes = [lane("cat", 3, &["a", "-", "a", "b", "c", "d"], &mut contents)];
    let pick = pick(&lanes, &contents, &sieve());
    assert_eq!(words(&pick), [["kept", "refused", "duplicate", "kept", "kept"]]);
    assert!(pick.wanted.is_empty() && pick.hungry.is_empty());
}

#[test]
fn a_picture_of_two_classes_is_in_neither_and_both_go_on() {
    let mut contents = Contents::new(0);
    let lanes = [lane("cat", 2, &["a", "b", "c"], &mut contents), lane("dog", 2, &["x", "b", "y", "b"], &mut contents)];
    let pick = pick(&lanes, &contents, &sieve());
    assert_eq!(words(&pick), [["kept", "refused", "kept"], ["kept", "refused", "kept"]]);
    let reason = |class: &str, place: &str| {
        Fate::Refused(format!("the same picture is in class `{class}` too ({place}): which label is right?"))
    };
    assert_eq!(pick.fates[0][1], reason("dog", "dog/2"));
    assert_eq!(pick.fates[1][1], reason("cat", "cat/2"));
}

#[test]
fn no_more_is_wanted_than_may_be_needed() {
    let mut contents = Contents::new(0);
    let lanes = [lane("cat", 3, &["a", "?", "-", "?", "?", "?"], &mut contents)];
    assert_eq!(pick(&lanes, &contents, &sieve()).wanted, [(0, 1), (0, 3)]);
}

/// What a site holds: a hash for each address, or nothing.
fn site() -> impl Strategy<Value = Vec<Vec<Option<u8>>>> {
    prop::collection::vec(prop::collection::vec(prop::option::weighted(0.9, 0..12u8), 0..14), 1..4)
}

proptest! {
    #[test]
    fn the_end_does_not_depend_on_who_answers_first(site in site(), order in any::<u64>(), count in 1..6usize) {
        let (one, fetched_one) = play(&site, count, 0);
        let (other, fetched_other) = play(&site, count, order);
        prop_assert_eq!(one, other);
        // Nor does what is fetched: nobody is ahead of what is needed.
        prop_assert_eq!(fetched_one, fetched_other);
    }
}

/// Fetches what is wanted, one at a time, chosen by `order`, until nothing is.
fn play(site: &[Vec<Option<u8>>], count: usize, mut order: u64) -> (Vec<Vec<Fate>>, BTreeSet<Place>) {
    let mut contents = Contents::new(0);
    let classes = ["cat", "dog", "flower"];
    let unknown = |row: &Vec<Option<u8>>| vec!["?"; row.len()];
    let mut lanes: Vec<Lane> =
        site.iter().zip(classes).map(|(row, class)| lane(class, count, &unknown(row), &mut contents)).collect();
    let mut fetched = BTreeSet::new();
    loop {
        let pick = pick(&lanes, &contents, &sieve());
        if pick.wanted.is_empty() {
            return (pick.fates, fetched);
        }
        order = order.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let (at, slot) = pick.wanted[(order >> 33) as usize % pick.wanted.len()];
        assert!(fetched.insert((at, slot)));
        lanes[at].slots[slot].known = match site[at][slot] {
            None => Known::Refused("no".into()),
            Some(hash) => {
                let content = Content { hash: hash.to_string(), ..Content::default() };
                Known::Picture(contents.add(Arc::new(content), false))
            }
        };
    }
}
