//! Checks that the usable images are enough for training.

use std::collections::BTreeSet;

use anyhow::Result;
use imaging::{PerceptualHash, near_duplicate_groups};
use pipeline::Problems;

use crate::duplicates::Usable;
use crate::quarantine;
use crate::view::Run;

/// The number of splits. Each needs an image of every class, and near-duplicates stay in one split.
const SPLITS: usize = 3;

/// Returns an error that lists every class whose images are not enough. `groups` has the group of each image.
pub(crate) fn check(run: &Run, classes: &BTreeSet<String>, images: &[Usable], groups: &[usize]) -> Result<()> {
    let mut problems = Problems::default();
    if classes.len() < 2 {
        let one = classes
            .first()
            .map_or_else(|| "there is no class".to_owned(), |class| format!("`{class}` is the only class"));
        problems.add(
            format!("{one}, but a classifier needs at least two"),
            "make one folder per class, and check [[scrape.sources]] in the configuration",
        );
    }
    let quarantine = quarantine::unfinished(run);
    for class in classes {
        let members = groups_of(class, images, groups);
        let different = members.iter().collect::<BTreeSet<_>>().len();
        if members.is_empty() {
            problems.add(
                format!("class `{class}` has no usable image"),
                format!("{} has the reasons", quarantine.display()),
            );
        } else if members.len() < SPLITS {
            problems.add(
                format!(
                    "class `{class}` has too few usable images ({}): train, val and test need one each",
                    members.len()
                ),
                format!("add images, or see the reasons in {}", quarantine.display()),
            );
        } else if different < SPLITS {
            problems.add(
                format!(
                    "class `{class}` has too few different images ({different} of {}): train, val and test need one each",
                    members.len()
                ),
                advice(class, images, run.config.preprocess.near_duplicate_distance),
            );
        }
    }
    problems.into_result("the data set")
}

/// Returns the groups of the images of `class`.
fn groups_of(class: &str, images: &[Usable], groups: &[usize]) -> Vec<usize> {
    images.iter().zip(groups).filter(|(image, _)| image.class == class).map(|(_, group)| *group).collect()
}

/// Returns advice for a class whose images are near-duplicates. It names the greatest distance that separates them, if there is one.
fn advice(class: &str, images: &[Usable], distance: u32) -> String {
    let hashes: Vec<PerceptualHash> = images.iter().map(|image| image.hash).collect();
    let enough = |distance: &u32| {
        let groups = near_duplicate_groups(&hashes, *distance);
        groups_of(class, images, &groups).iter().collect::<BTreeSet<_>>().len() >= SPLITS
    };
    // Distances above 64 bits are the same as 64.
    match (0..distance.min(64)).rev().find(enough) {
        Some(lower) => format!(
            "add other images, or set preprocess.near_duplicate_distance to {lower} or lower if the images of `{class}` only look \
             alike"
        ),
        None => format!(
            "add images of `{class}` with other shapes: these look the same at every preprocess.near_duplicate_distance, as images of \
             one plain colour do"
        ),
    }
}
