//! The properties of a split.

use std::collections::{BTreeMap, BTreeSet};

use contract::Split::{self, Test, Train, Val};
use preprocess::split::{Item, split};
use proptest::prelude::*;

const SHARES: [f64; 3] = [0.70, 0.15, 0.15];

/// Items as id, label and group.
type Items = Vec<(String, String, usize)>;

fn borrowed(items: &Items) -> Vec<Item<'_>> {
    items.iter().map(|(id, label, group)| Item { id, label, group: *group }).collect()
}

/// Returns the number of images of each class in each split.
fn counts(items: &Items, splits: &[Split]) -> BTreeMap<String, [usize; 3]> {
    let mut counts: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    for ((_, label, _), split) in items.iter().zip(splits) {
        counts.entry(label.clone()).or_default()[*split as usize] += 1;
    }
    counts
}

/// Returns a class `label` of single images.
fn singles(label: &str, size: usize) -> Items {
    (0..size).map(|i| (format!("{label}{i:04}"), label.to_owned(), 0)).collect()
}

fn number(mut items: Items) -> Items {
    for (at, item) in items.iter_mut().enumerate() {
        item.2 = at;
    }
    items
}

#[test]
fn a_class_of_single_images_gets_the_nearest_shares() {
    let wanted =
        [(120, [84, 18, 18]), (100, [70, 15, 15]), (20, [14, 3, 3]), (10, [7, 2, 1]), (7, [5, 1, 1]), (3, [1; 3])];
    for (size, shares) in wanted {
        let items = number([singles("cat", size), singles("dog", 120)].concat());
        let counts = counts(&items, &split(&borrowed(&items), SHARES, 1));
        assert_eq!(counts["cat"], shares, "{size} images");
        assert_eq!(counts["dog"], [84, 18, 18]);
    }
}

#[test]
fn another_seed_gives_another_split_and_one_more_image_moves_few() {
    let items = number(singles("cat", 120));
    let base = split(&borrowed(&items), SHARES, 1);
    let differ = |other: &[Split]| base.iter().zip(other).filter(|(a, b)| a != b).count();
    assert!(differ(&split(&borrowed(&items), SHARES, 2)) > 30);
    let more = number(singles("cat", 121));
    assert!(differ(&split(&borrowed(&more), SHARES, 1)) <= 6);
}

#[test]
fn every_part_of_the_input_is_in_every_split() {
    // A split that takes the first 70 % for training would pass a test of counts.
    let items = number(singles("cat", 400));
    let splits = split(&borrowed(&items), SHARES, 7);
    for quarter in splits.chunks(100) {
        let train = quarter.iter().filter(|split| **split == Train).count();
        assert!((55..=85).contains(&train), "{train} of 100");
        assert!(quarter.contains(&Val) && quarter.contains(&Test));
    }
}

#[test]
fn a_few_large_groups_leave_no_split_empty() {
    let mut items: Items = Vec::new();
    for (group, size) in [(0, 60), (1, 59), (2, 1)] {
        items.extend((0..size).map(|i| (format!("{group}-{i}"), "cat".to_owned(), group)));
    }
    let counts = counts(&items, &split(&borrowed(&items), SHARES, 1));
    assert_eq!(counts["cat"].iter().filter(|count| **count > 0).count(), 3, "{counts:?}");
}

/// Generates classes of groups. With `mixed`, some groups have images of two classes.
fn data(mixed: bool) -> impl Strategy<Value = Items> {
    let group = (0..4usize, prop_oneof![6 => Just(1usize), 2 => 2..5usize, 1 => 5..30usize], any::<bool>());
    prop::collection::vec(group, 1..60).prop_map(move |groups| {
        let mut items = Vec::new();
        for (index, (label, size, second)) in groups.into_iter().enumerate() {
            for member in 0..size {
                let label = if mixed && second && member % 2 == 1 { (label + 1) % 4 } else { label };
                items.push((format!("{index}-{member}"), format!("class{label}"), index));
            }
        }
        items
    })
}

fn group_sizes(items: &Items, label: &str) -> BTreeMap<usize, usize> {
    let mut sizes = BTreeMap::new();
    for (_, _, group) in items.iter().filter(|item| item.1 == label) {
        *sizes.entry(*group).or_default() += 1;
    }
    sizes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn groups_stay_together(items in data(true), salt in any::<u64>()) {
        let splits = split(&borrowed(&items), SHARES, salt);
        prop_assert_eq!(splits.len(), items.len());
        let mut of_group: BTreeMap<usize, BTreeSet<Split>> = BTreeMap::new();
        for ((_, _, group), split) in items.iter().zip(&splits) {
            of_group.entry(*group).or_default().insert(*split);
        }
        prop_assert!(of_group.values().all(|splits| splits.len() == 1));
    }

    #[test]
    fn classes_get_their_shares(items in data(false), salt in any::<u64>()) {
        let splits = split(&borrowed(&items), SHARES, salt);
        for (label, count) in counts(&items, &splits) {
            let sizes = group_sizes(&items, &label);
            let total: usize = count.iter().sum();
            let largest = sizes.values().copied().max().unwrap();
            if sizes.len() >= 3 {
                prop_assert!(!count.contains(&0), "{}: {:?} in {} groups", label, count, sizes.len());
            }
            for (got, share) in count.iter().zip(SHARES) {
                let off = (*got as f64 - share * total as f64).abs();
                // One for rounding to whole images, and one for a split that would have been empty.
                prop_assert!(off <= largest as f64 + 2.0, "{}: {:?} of {}, groups up to {}", label, count, total, largest);
            }
        }
    }

    #[test]
    fn the_order_of_the_images_does_not_matter(items in data(true), salt in any::<u64>(), turn in any::<usize>()) {
        let splits = split(&borrowed(&items), SHARES, salt);
        let by_id: BTreeMap<&str, Split> = items.iter().map(|item| item.0.as_str()).zip(splits).collect();
        let mut turned = items.clone();
        turned.reverse();
        turned.rotate_left(turn % items.len());
        // The stage numbers groups by their first member, so they are renumbered here.
        let mut numbers = BTreeMap::new();
        for item in &mut turned {
            let next = numbers.len();
            item.2 = *numbers.entry(item.2).or_insert(next);
        }
        let again = split(&borrowed(&turned), SHARES, salt);
        for (item, split) in turned.iter().zip(again) {
            prop_assert_eq!(by_id[item.0.as_str()], split, "{}", item.0);
        }
    }
}
