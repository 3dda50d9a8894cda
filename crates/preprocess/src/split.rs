//! Dealing pictures to train, val and test.
//!
//! Stratified: every class is dealt in the same shares, as exactly as whole pictures allow. Groups
//! of near-duplicates stay together. What goes where depends on the salt and on the pictures' ids
//! alone, not on their order, and little on one another: a picture that is added moves few others.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use contract::Split;

/// The splits, in the order of shares.
const SPLITS: [Split; 3] = [Split::Train, Split::Val, Split::Test];

/// A picture to be dealt.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    /// Unique among the items.
    pub id: &'a str,
    /// Name of its class.
    pub label: &'a str,
    /// Items of one group get the same split.
    pub group: usize,
}

/// The split of each of `items`, for `shares` of train, val and test that add up to 1.
///
/// A class gets each split's share to the nearest picture when all its groups are single pictures,
/// and within the size of the largest group otherwise. A class with three groups or more has a
/// picture in every split, unless groups that span classes make that impossible.
pub fn split(items: &[Item], shares: [f64; 3], salt: u64) -> Vec<Split> {
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for item in items {
        *sizes.entry(item.label).or_default() += 1;
    }
    let mut classes: Vec<Class> =
        sizes.values().map(|size| Class { target: targets(*size, shares), ..Class::default() }).collect();
    let labels: BTreeMap<&str, usize> = sizes.into_keys().zip(0..).collect();
    let mut groups = groups_of(items, &labels, salt);
    // Large groups first, while there is room for them; the rank makes the rest a fair draw.
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

/// A class while its pictures are dealt; arrays are by split.
#[derive(Debug, Default)]
struct Class {
    target: [usize; 3],
    pictures: [usize; 3],
    groups: [usize; 3],
}

/// Pictures that stay together.
#[derive(Debug)]
struct Group {
    members: Vec<usize>,
    /// Pictures of each class, by its index.
    labels: BTreeMap<usize, usize>,
    /// A draw from the salt and the members' ids.
    rank: String,
    /// Index into [`SPLITS`].
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

/// How many of `size` pictures each split should get: the nearest whole numbers that add up, and
/// none of them 0 when there are three pictures or more.
fn targets(size: usize, shares: [f64; 3]) -> [usize; 3] {
    let exact = shares.map(|share| share * size as f64);
    // A hair more, or 0.7 of 10 would be 6 whole pictures.
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

/// How much further from its targets each class gets when `group` goes to `place`: the change of
/// the squared distance, summed over its classes.
fn cost(group: &Group, place: usize, classes: &[Class]) -> i64 {
    let of_class = |(label, more): (&usize, &usize)| {
        let class = &classes[*label];
        let (more, over) = (*more as i64, class.pictures[place] as i64 - class.target[place] as i64);
        more * (2 * over + more)
    };
    group.labels.iter().map(of_class).sum()
}

/// Adds `group` to the counts of its classes, or takes it away when `sign` is -1.
fn count(group: &Group, sign: isize, classes: &mut [Class]) {
    for (label, pictures) in &group.labels {
        let class = &mut classes[*label];
        class.pictures[group.place] = class.pictures[group.place].saturating_add_signed(sign * *pictures as isize);
        class.groups[group.place] = class.groups[group.place].saturating_add_signed(sign);
    }
}

/// Large groups can leave a class without a picture in some split. Moves its smallest group that
/// can be spared there, one that leaves no class without a picture where it was.
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
            // Sorted by size, so the last that fits is the smallest.
            if let Some(group) = groups.iter_mut().rev().find(can_be_spared) {
                count(group, -1, classes);
                group.place = place;
                count(group, 1, classes);
            }
        }
    }
}
