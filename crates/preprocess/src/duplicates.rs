//! Pictures that are the same or look the same.

use std::collections::BTreeMap;

use crate::view::Run;
use contract::{Picture, Split};
use imaging::{PerceptualHash, near_duplicate_groups};

use crate::quarantine::Quarantine;
use crate::scraped::Found;

/// A usable picture, its pixels already written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look {
    /// 16 hex digits of its content's hash.
    pub id: String,
    /// Its class.
    pub class: String,
    /// What the user knows it by.
    pub source: String,
    /// The written picture, below the stage's folder.
    pub path: String,
    /// Width as found, upright, in pixels.
    pub width: u32,
    /// Height as found, upright, in pixels.
    pub height: u32,
    /// What the network will see of it, in 64 bits.
    pub hash: PerceptualHash,
}

impl Look {
    /// Its row of `dataset.csv`.
    pub(crate) fn row(self, group: usize, split: Split) -> Picture {
        Picture {
            id: self.id,
            path: self.path,
            label: self.class,
            split,
            width: self.width,
            height: self.height,
            group,
            source: self.source,
        }
    }
}

/// One of each content. Copies within a class are refused but for one; a file that was found for
/// several classes has no label that could be trusted, so all its copies are refused.
pub(crate) fn one_of_each(found: Vec<Found>, quarantine: &mut Quarantine) -> Vec<Found> {
    let mut contents: BTreeMap<String, Vec<Found>> = BTreeMap::new();
    for found in found {
        contents.entry(found.id.clone()).or_default().push(found);
    }
    let mut distinct = Vec::with_capacity(contents.len());
    for mut copies in contents.into_values() {
        let first = copies.remove(0);
        if let Some(other) = copies.iter().find(|copy| copy.class != first.class) {
            let reason = |class: &str| format!("the same file was also found for class `{class}`");
            let (first_class, other_class) = (first.class.clone(), other.class.clone());
            for copy in [vec![first], copies].concat() {
                let elsewhere = if copy.class == first_class { &other_class } else { &first_class };
                quarantine.add(copy.class, copy.source, reason(elsewhere));
            }
            continue;
        }
        for copy in copies {
            quarantine.add(copy.class, copy.source, format!("the same file as {}", first.source));
        }
        distinct.push(first);
    }
    distinct.sort_by(|a, b| (&a.class, &a.id).cmp(&(&b.class, &b.id)));
    distinct
}

/// The group of each picture: near-duplicates share one. Tells how many there are, and warns of
/// pictures that look alike but have different labels.
pub(crate) fn near(run: &Run, looks: &[Look]) -> Vec<usize> {
    let hashes: Vec<PerceptualHash> = looks.iter().map(|look| look.hash).collect();
    let groups = near_duplicate_groups(&hashes, run.config.preprocess.near_duplicate_distance);
    let mut members: BTreeMap<usize, Vec<&Look>> = BTreeMap::new();
    for (look, group) in looks.iter().zip(&groups) {
        members.entry(*group).or_default().push(look);
    }
    members.retain(|_, looks| looks.len() > 1);
    if !members.is_empty() {
        let pictures: usize = members.values().map(Vec::len).sum();
        let groups = if members.len() == 1 { "1 group".to_owned() } else { format!("{} groups", members.len()) };
        run.say(&format!("{pictures} pictures look like another one: {groups}, each kept in one split"));
    }
    for looks in members.values() {
        let (first, rest) = (looks[0], &looks[1..]);
        if let Some(other) = rest.iter().find(|look| look.class != first.class) {
            run.warn(&format!(
                "{} (`{}`) and {} (`{}`) look alike but are labelled differently",
                first.source, first.class, other.source, other.class
            ));
        }
    }
    groups
}
