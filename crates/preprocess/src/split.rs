//! Assigns images to the splits train, val and test.
//!
//! The split is stratified: every class has the same shares, as exactly as whole images allow. Groups of near-duplicates stay
//! together. The result depends on the salt and on the ids of the images, but not on their order. An additional image moves few
//! other images.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use contract::Split;

/// The splits in the order of the shares.
const SPLITS: [Split; 3] = [Split::Train, Split::Val, Split::Test];

/// An image to assign to a split.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    /// The id. It is unique among the items.
    pub id: &'a str,
    /// The name of the class.
    pub label: &'a str,
    /// The group. Items of one group get the same split.
    pub group: usize,
}

/// Returns the split of each item. `shares` are the shares of train, val and test. They add up to 1.
///
/// The shares of a class are exact to the nearest image when each of its groups is a single image. Otherwise they are exact to
/// the size of its largest group. A class with three groups or more has an image in every split, unless groups with images of
/// several classes make that impossible.
pub fn split(items: &[Item], shares: [f64; 3], salt: u64) -> Vec<Split> {
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for item in items {
        *sizes.entry(item.label).or_default() += 1;
    }
    let mut classes: Vec<Class> =
        sizes.values().map(|size| Class { target: targets(*size, shares), ..Class::default() }).collect();
    let labels: BTreeMap<&str, usize> = sizes.into_keys().zip(0..).collect();
    let mut groups = groups_of(items, &labels, salt);
    // Large groups come first, because they need the most space. The rank orders groups of equal size at random.
    groups.sort_by(|a, b| (Reverse(a.members.len()), &a.rank).cmp(&(Reverse(b.members.len()), &b.rank)));
    for group in &mut groups {
        group.place = (0..SPLITS.len()).min_by_key(|place| cost(group, *place, &classes)).unwrap_or(0);
        count(group, 1, &mut classes);
    }
    fill_empty(&mut groups, &mut classes);
    let mut splits = vec![Split::Train; items.len()];
    for group in &groups {
        for member in &group.members {
            splits[*member] = SPLITS[group.place];
        }
    }
    splits
}

/// The counts of a class during the assignment. The arrays are indexed by split.
#[derive(Debug, Default)]
struct Class {
    target: [usize; 3],
    images: [usize; 3],
    groups: [usize; 3],
}

/// Images that stay together.
#[derive(Debug)]
struct Group {
    members: Vec<usize>,
    /// The number of images of each class, by the index of the class.
    labels: BTreeMap<usize, usize>,
    /// A pseudo-random text from the salt and the ids of the members.
    rank: String,
    /// The index of the group's split in [`SPLITS`].
    place: usize,
}

fn groups_of(items: &[Item], labels: &BTreeMap<&str, usize>, salt: u64) -> Vec<Group> {
    let mut groups: BTreeMap<usize, Group> = BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        let rank = pipeline::short_hash(format!("{salt:016x} {}", item.id).as_bytes());
        let group = groups.entry(item.group).or_insert_with(|| Group {
            members: Vec::new(),
            labels: BTreeMap::new(),
            rank: rank.clone(),
            place: 0,
        });
        group.members.push(index);
        *group.labels.entry(labels[item.label]).or_default() += 1;
        if rank < group.rank {
            group.rank = rank;
        }
    }
    groups.into_values().collect()
}

/// Returns how many of `size` images each split should get: the nearest whole numbers that add up to `size`.
///
/// No number is 0 when there are three images or more.
fn targets(size: usize, shares: [f64; 3]) -> [usize; 3] {
    let exact = shares.map(|share| share * size as f64);
    // Without the small addend, rounding errors would make 0.7 of 10 images only 6.
    let mut target = exact.map(|exact| (exact + 1e-9).floor() as usize);
    let mut by_remainder = [0, 1, 2];
    let remainder = |place: usize| exact[place] - target[place] as f64;
    by_remainder.sort_by(|a, b| remainder(*b).total_cmp(&remainder(*a)));
    let missing = size.saturating_sub(target.iter().sum());
    for place in by_remainder.into_iter().cycle().take(missing) {
        target[place] += 1;
    }
    while size >= 3
        && let Some(empty) = target.iter().position(|count| *count == 0)
    {
        let largest = (0..3).max_by_key(|place| target[*place]).unwrap_or(0);
        target[largest] -= 1;
        target[empty] += 1;
    }
    target
}

/// Returns how much `group` in the split with index `place` increases the squared distance from the targets, summed over its classes.
fn cost(group: &Group, place: usize, classes: &[Class]) -> i64 {
    let of_class = |(label, more): (&usize, &usize)| {
        let class = &classes[*label];
        let (more, over) = (*more as i64, class.images[place] as i64 - class.target[place] as i64);
        more * (2 * over + more)
    };
    group.labels.iter().map(of_class).sum()
}

/// Adds `group` to the counts of its classes, or subtracts it when `sign` is -1.
fn count(group: &Group, sign: isize, classes: &mut [Class]) {
    for (label, images) in &group.labels {
        let class = &mut classes[*label];
        class.images[group.place] = class.images[group.place].saturating_add_signed(sign * *images as isize);
        class.groups[group.place] = class.groups[group.place].saturating_add_signed(sign);
    }
}

/// Moves groups into the splits in which a class has no image. Large groups can leave a split empty.
///
/// It moves the smallest group whose old split keeps an image of every class.
fn fill_empty(groups: &mut [Group], classes: &mut [Class]) {
    for label in 0..classes.len() {
        for place in 0..SPLITS.len() {
            if classes[label].groups[place] > 0 {
                continue;
            }
            let can_be_spared = |group: &&mut Group| {
                group.labels.contains_key(&label)
                    && group.labels.keys().all(|other| classes[*other].groups[group.place] > 1)
            };
            // The groups are sorted by size, so the last match is the smallest.
            if let Some(group) = groups.iter_mut().rev().find(can_be_spared) {
                count(group, -1, classes);
                group.place = place;
                count(group, 1, classes);
            }
        }
    }
}
