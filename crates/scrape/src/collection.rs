//! What was found, put in order: every picture once, under one label, with the tables that say so.
//!
//! A picture that is in a class twice is kept once. A picture that is in two classes is kept in
//! neither: one of the labels is wrong, and nobody here knows which.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use pipeline::{HintExt, Run};

use crate::source::{Found, Picture, Reject};

/// The table of pictures.
pub const SOURCES: &str = "sources.csv";
/// The table of what was not taken.
pub const REJECTS: &str = "rejects.csv";
/// Status of a picture that is in the data set.
pub const KEPT: &str = "kept";
/// Status of a picture whose file is in the data set already, from an earlier row.
pub const DUPLICATE: &str = "duplicate";

/// Everything that a source found.
#[derive(Debug)]
pub struct Collection {
    pictures: Vec<(Picture, &'static str)>,
    rejects: Vec<Reject>,
    /// Files in the store that no row names.
    unwanted: BTreeSet<String>,
}

impl Collection {
    /// Sorts out duplicates and contradictions. An error when a class is left with no picture.
    pub fn new(found: Vec<Found>) -> Result<Self> {
        let classes = classes_of_each(&found);
        let (mut pictures, mut rejects, mut unwanted) = (Vec::new(), Vec::new(), BTreeSet::new());
        let mut seen = BTreeSet::new();
        for found in found {
            let picture = match found {
                Found::Reject(reject) => {
                    rejects.push(reject);
                    continue;
                }
                Found::Picture(picture) => picture,
            };
            let others = &classes[&picture.stored.hash];
            if let Some((class, source)) = others.iter().find(|(class, _)| **class != picture.class) {
                let reason = format!("the same picture is in class `{class}` too ({source}): which label is right?");
                unwanted.insert(picture.stored.path);
                rejects.push(Reject { class: picture.class, source: picture.source, reason });
            } else {
                let status = if seen.insert(picture.stored.hash.clone()) { KEPT } else { DUPLICATE };
                pictures.push((picture, status));
            }
        }
        rejects.sort_by(|one, other| (&one.class, &one.source).cmp(&(&other.class, &other.source)));
        let collection = Self { pictures, rejects, unwanted };
        collection.check()?;
        Ok(collection)
    }

    fn check(&self) -> Result<()> {
        let kept: BTreeSet<&str> = self.pictures.iter().map(|(picture, _)| picture.class.as_str()).collect();
        let lost = self.rejects.iter().find(|reject| !reject.class.is_empty() && !kept.contains(&*reject.class));
        if let Some(Reject { class, source, reason }) = lost {
            let error = anyhow::anyhow!("no picture of class `{class}` can be used; the first, {source}: {reason}");
            return Err(error).hint("give the class pictures, or take its folder away");
        }
        if kept.is_empty() {
            bail!("no pictures were found");
        }
        Ok(())
    }

    /// The pictures in the data set, in the order in which they were found.
    pub fn kept(&self) -> Vec<&Picture> {
        self.pictures.iter().filter(|(_, status)| *status == KEPT).map(|(picture, _)| picture).collect()
    }

    /// Writes the tables and removes the files that no row names.
    pub fn write(&self, run: &Run) -> Result<()> {
        for path in &self.unwanted {
            fs_err::remove_file(run.folder().join(path))?;
        }
        let header = ["hash", "class", "path", "source", "page", "title", "author", "licence", "status"];
        let rows = self.pictures.iter().map(|(picture, status)| {
            let Picture { class, stored, source, page, title, author, licence } = picture;
            [&stored.hash, class, &stored.path, source, page, title, author, licence, *status]
        });
        run.write_csv(SOURCES, &header, rows)?;
        let rows = self.rejects.iter().map(|reject| [&reject.class, &reject.source, &reject.reason]);
        run.write_csv(REJECTS, &["class", "source", "reason"], rows)?;
        for Reject { class, source, reason } in &self.rejects {
            tracing::warn!(class, source, reason, "rejected");
        }
        Ok(())
    }
}

/// For each hash: the classes that it was found in, each with the first place.
fn classes_of_each(found: &[Found]) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut classes: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for found in found {
        if let Found::Picture(Picture { class, stored, source, .. }) = found {
            let places = classes.entry(stored.hash.clone()).or_default();
            places.entry(class.clone()).or_insert_with(|| source.clone());
        }
    }
    classes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::store::Stored;

    fn picture(class: &str, hash: &str, source: &str) -> Found {
        let stored = Stored { hash: hash.into(), path: format!("images/{class}/{hash}.png") };
        Found::Picture(Picture { class: class.into(), stored, source: source.into(), ..Picture::default() })
    }

    #[test]
    fn a_picture_is_kept_once_in_its_class_and_in_neither_of_two() {
        let found = vec![
            picture("cat", "aa", "cat/1"),
            picture("cat", "bb", "cat/2"),
            picture("cat", "aa", "cat/3"),
            picture("dog", "bb", "dog/1"),
            picture("dog", "cc", "dog/2"),
        ];
        let collection = Collection::new(found).unwrap();
        let rows: Vec<_> = collection.pictures.iter().map(|(picture, status)| (&*picture.source, *status)).collect();
        assert_eq!(rows, [("cat/1", KEPT), ("cat/3", DUPLICATE), ("dog/2", KEPT)]);
        let reasons: Vec<_> = collection.rejects.iter().map(|reject| (&*reject.source, &*reject.reason)).collect();
        let reason = |other: &str, place: &str| {
            format!("the same picture is in class `{other}` too ({place}): which label is right?")
        };
        assert_eq!(reasons, [("cat/2", &*reason("dog", "dog/1")), ("dog/1", &*reason("cat", "cat/2"))]);
        assert_eq!(collection.unwanted.len(), 2);
    }

    #[test]
    fn a_class_without_pictures_is_an_error() {
        let found = vec![picture("cat", "aa", "cat/1"), picture("dog", "aa", "dog/1"), picture("cat", "bb", "cat/2")];
        let error = Collection::new(found).unwrap_err();
        assert!(pipeline::error::render(&error).contains("no picture of class `dog` can be used"));
        assert!(Collection::new(vec![]).is_err());
    }
}
