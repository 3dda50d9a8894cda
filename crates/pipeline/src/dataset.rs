//! `dataset.csv`: the pictures that `preprocess` hands to the later stages.
//!
//! Written by one stage and read by three, so its form is part of the artifact contract.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::{HintExt, Run};

/// What a picture is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// The head learns from it.
    Train,
    /// It ends and chooses trials.
    Val,
    /// It judges the tuned network, once.
    Test,
}

impl fmt::Display for Split {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str(match self {
            Self::Train => "train",
            Self::Val => "val",
            Self::Test => "test",
        })
    }
}

/// One picture of the data set: a row of `dataset.csv`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// 16 hex digits of the hash of the picture as it was found.
    pub id: String,
    /// The preprocessed picture, below the folder of `preprocess`.
    pub path: String,
    /// Name of its class.
    pub label: String,
    /// What it is used for.
    pub split: Split,
    /// Width as it was found, upright, in pixels.
    pub width: u32,
    /// Height as it was found, upright, in pixels.
    pub height: u32,
    /// Near-duplicates share a group, and a group is never split.
    pub group: usize,
    /// What the user knows it by: a path, a URL.
    pub source: String,
}

/// All pictures of a run and the names of their classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// In the order of the file.
    pub pictures: Vec<Picture>,
    /// Sorted; a class's place is its label index.
    pub classes: Vec<String>,
    folder: PathBuf,
}

const PICTURES: &str = "dataset.csv";
const CLASSES: &str = "classes.json";

impl Dataset {
    /// Reads the data set in `folder`, the folder of `preprocess`.
    pub fn read(folder: &Path) -> Result<Self> {
        let again = "run `just preprocess --force`";
        let path = folder.join(CLASSES);
        let text = fs_err::read_to_string(&path).hint(again)?;
        let damaged = || format!("{} is damaged", path.display());
        let classes: Vec<String> = serde_json::from_str(&text).with_context(damaged).hint(again)?;
        let path = folder.join(PICTURES);
        let text = fs_err::read_to_string(&path).hint(again)?;
        let damaged = || format!("{} is damaged", path.display());
        let rows: Result<Vec<Picture>, _> = csv::Reader::from_reader(text.as_bytes()).deserialize().collect();
        let dataset = Self { pictures: rows.with_context(damaged).hint(again)?, classes, folder: folder.to_owned() };
        for picture in &dataset.pictures {
            if !dataset.classes.contains(&picture.label) {
                return Err(anyhow::anyhow!("picture {} has the label `{}`", picture.id, picture.label))
                    .with_context(damaged)
                    .hint(again);
            }
        }
        Ok(dataset)
    }

    /// Writes the files that [`Dataset::read`] reads.
    pub fn write(run: &Run, pictures: &[Picture], classes: &[String]) -> Result<()> {
        if pictures.is_empty() {
            bail!("no picture is left to use");
        }
        let mut writer = csv::Writer::from_writer(Vec::new());
        for picture in pictures {
            writer.serialize(picture)?;
        }
        run.write(PICTURES, &writer.into_inner()?)?;
        run.write(CLASSES, (serde_json::to_string_pretty(classes)? + "\n").as_bytes())
    }

    /// The pictures of one split, in the order of the file.
    pub fn split(&self, split: Split) -> Vec<&Picture> {
        self.pictures.iter().filter(|picture| picture.split == split).collect()
    }

    /// The place of a picture's class in [`Dataset::classes`].
    pub fn label_index(&self, picture: &Picture) -> usize {
        self.classes.iter().position(|class| *class == picture.label).unwrap_or(0)
    }

    /// The preprocessed picture's file.
    pub fn file(&self, picture: &Picture) -> PathBuf {
        self.folder.join(&picture.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = "id,path,label,split,width,height,group,source\nab,images/ab.png,cat,val,10,20,0,a.jpg\n";

    fn read(classes: &str, rows: &str) -> Result<Dataset> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(CLASSES), classes).unwrap();
        std::fs::write(folder.path().join(PICTURES), rows).unwrap();
        Dataset::read(folder.path())
    }

    #[test]
    fn reads_rows_and_labels() {
        let dataset = read("[\"bird\", \"cat\"]", ROW).unwrap();
        assert_eq!(dataset.split(Split::Val).len(), 1);
        assert_eq!(dataset.split(Split::Test).len(), 0);
        assert_eq!(dataset.label_index(&dataset.pictures[0]), 1);
    }

    #[test]
    fn damage_is_named_with_a_hint() {
        for (classes, rows) in [("[\"bird\"]", ROW), ("[", ROW), ("[\"cat\"]", &ROW[..60]), ("[\"cat\"]", "id\nx\n")] {
            let text = crate::error::render(&read(classes, rows).unwrap_err());
            assert!(text.contains("is damaged") && text.contains("hint: run"), "{text}");
        }
    }
}
