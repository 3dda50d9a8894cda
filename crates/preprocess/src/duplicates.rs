//! Finds identical files and near-duplicates.

use std::collections::BTreeMap;

use crate::view::Run;
use contract::{ImageRow, Split};
use imaging::{PerceptualHash, near_duplicate_groups};

use crate::quarantine::Quarantine;
use crate::scraped::ScrapedFile;

/// A usable image. Its pixels are already written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Usable {
    /// The hash of the file, 16 hex digits.
    pub id: String,
    /// The class.
    pub class: String,
    /// The source that the user knows, such as a path or an address.
    pub source: String,
    /// The path of the written image in the folder of the stage.
    pub path: String,
    /// The width of the original in pixels, after orientation.
    pub width: u32,
    /// The height of the original in pixels, after orientation.
    pub height: u32,
    /// The perceptual hash of the written image.
    pub hash: PerceptualHash,
}

impl Usable {
    /// Returns the row of `dataset.csv`.
    pub(crate) fn row(self, group: usize, split: Split) -> ImageRow {
        ImageRow {
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

/// Returns one file of each content, sorted by class and id. The other copies go to the quarantine.
///
/// All copies of a file that was found for several classes go to the quarantine, because its label is ambiguous.
pub(crate) fn one_of_each(found: Vec<ScrapedFile>, quarantine: &mut Quarantine) -> Vec<ScrapedFile> {
    let mut contents: BTreeMap<String, Vec<ScrapedFile>> = BTreeMap::new();
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

/// Returns the group of each image. Near-duplicates share a group.
///
/// Prints how many near-duplicates there are, and warns about those with different labels.
pub(crate) fn groups(run: &Run, images: &[Usable]) -> Vec<usize> {
    let hashes: Vec<PerceptualHash> = images.iter().map(|image| image.hash).collect();
    let groups = near_duplicate_groups(&hashes, run.config.preprocess.near_duplicate_distance);
    let mut members: BTreeMap<usize, Vec<&Usable>> = BTreeMap::new();
    for (image, group) in images.iter().zip(&groups) {
        members.entry(*group).or_default().push(image);
    }
    members.retain(|_, images| images.len() > 1);
    if !members.is_empty() {
        let near: usize = members.values().map(Vec::len).sum();
        let groups = if members.len() == 1 { "1 group".to_owned() } else { format!("{} groups", members.len()) };
        run.say(&format!("{near} images are near-duplicates in {groups}; each group stays in one split"));
    }
    for images in members.values() {
        let (first, rest) = (images[0], &images[1..]);
        if let Some(other) = rest.iter().find(|image| image.class != first.class) {
            run.warn(&format!(
                "{} (`{}`) and {} (`{}`) are near-duplicates with different labels",
                first.source, first.class, other.source, other.class
            ));
        }
    }
    groups
}
