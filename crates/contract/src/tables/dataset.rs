//! `preprocess/dataset.csv` and `classes.json`: the images that `preprocess` hands to the later stages.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use pipeline::{HintExt, run_again};
use serde::{Deserialize, Serialize};

use super::{Row, json};
use crate::artifact::{Artifact, Outputs};
use crate::stages;

/// What an image is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// `train` trains the network on the image.
    Train,
    /// `train` computes the validation loss on the image, which ends trials and selects one.
    Val,
    /// `evaluate` measures the tuned network on the image, once.
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

/// One image of the data set: a row of `dataset.csv`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageRow {
    /// The first 16 hex digits of the hash of the original file.
    pub id: String,
    /// The preprocessed image, below the folder of `preprocess`.
    pub path: String,
    /// Name of its class.
    pub label: String,
    /// What it is used for.
    pub split: Split,
    /// Width of the original, upright, in pixels.
    pub width: u32,
    /// Height of the original, upright, in pixels.
    pub height: u32,
    /// Near-duplicates share a group, and all images of a group are in one split.
    pub group: usize,
    /// The name under which the user knows the image: a path or a URL.
    pub source: String,
}

impl Row for ImageRow {
    const STAGE: &'static str = stages::PREPROCESS;
    const FILE: &'static str = "dataset.csv";
}

/// `classes.json`: the names of the classes, sorted. The place of a class is its label index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classes(pub Vec<String>);

impl Artifact for Classes {
    const STAGE: &'static str = <ImageRow as Row>::STAGE;
    const FILE: &'static str = "classes.json";

    fn encode(&self) -> Result<Vec<u8>> {
        json::encode(&self.0)
    }

    fn decode(bytes: &[u8]) -> Result<Self> {
        Ok(Self(json::decode(bytes)?))
    }
}

/// All images of a run and the names of their classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// The images, in the order of the file.
    pub images: Vec<ImageRow>,
    /// The names of the classes, sorted. The place of a class is its label index.
    pub classes: Vec<String>,
    folder: PathBuf,
}

impl Dataset {
    /// The stage that writes the data set.
    pub const STAGE: &'static str = <ImageRow as Row>::STAGE;
    /// The folder of the preprocessed images, below the stage's folder.
    pub const IMAGES: &'static str = "images";

    /// Reads the data set of `preprocess` below `artifacts`.
    ///
    /// # Errors
    /// Returns an error that names the file when a file is missing or damaged, or when an image has a label that is no class.
    pub fn read(artifacts: &Path) -> Result<Self> {
        let folder = artifacts.join(Self::STAGE);
        let Classes(classes) = Classes::read_in(&folder)?;
        let images = Vec::<ImageRow>::read_in(&folder)?;
        if let Some(stray) = images.iter().find(|image| classes.binary_search(&image.label).is_err()) {
            let path = folder.join(<ImageRow as Row>::FILE);
            return Err(anyhow!(
                "{} is damaged: image {} has the label `{}`, which {} does not list",
                path.display(),
                stray.id,
                stray.label,
                Classes::FILE
            ))
            .hint(run_again(Self::STAGE));
        }
        Ok(Self { images, classes, folder })
    }

    /// Writes the files that [`Dataset::read`] reads.
    ///
    /// # Errors
    /// Returns an error when there is no image.
    pub fn write(to: &(impl Outputs + ?Sized), images: &[ImageRow], classes: &[String]) -> Result<()> {
        if images.is_empty() {
            bail!("no image is left to use");
        }
        images.to_vec().write(to)?;
        Classes(classes.to_vec()).write(to)
    }

    /// Returns the name of a preprocessed image's file, relative to the stage's folder.
    pub fn image_file(id: &str) -> String {
        format!("{}/{id}.png", Self::IMAGES)
    }

    /// Returns the images of one split, in the order of the file.
    pub fn split(&self, split: Split) -> Vec<&ImageRow> {
        self.images.iter().filter(|image| image.split == split).collect()
    }

    /// Returns the place of an image's class in [`Dataset::classes`].
    pub fn label_index(&self, image: &ImageRow) -> usize {
        self.classes.binary_search(&image.label).unwrap_or_default()
    }

    /// Returns the path of the preprocessed image.
    pub fn file(&self, image: &ImageRow) -> PathBuf {
        self.folder.join(&image.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = "id,path,label,split,width,height,group,source\nab,images/ab.png,cat,val,10,20,0,a.jpg\n";

    fn read(classes: &str, rows: &str) -> Result<Dataset> {
        let artifacts = tempfile::tempdir().unwrap();
        let folder = artifacts.path().join(Dataset::STAGE);
        folder.put(Classes::FILE, classes.as_bytes()).unwrap();
        folder.put(<ImageRow as Row>::FILE, rows.as_bytes()).unwrap();
        Dataset::read(artifacts.path())
    }

    #[test]
    fn rows_and_labels_are_read() {
        let dataset = read("[\"bird\", \"cat\"]", ROW).unwrap();
        assert_eq!(dataset.split(Split::Val).len(), 1);
        assert_eq!(dataset.split(Split::Test).len(), 0);
        assert_eq!(dataset.label_index(&dataset.images[0]), 1);
        assert_eq!(dataset.images[0].path, Dataset::image_file("ab"));
    }

    #[test]
    fn damage_is_reported_with_a_hint() {
        for (classes, rows) in [("[\"bird\"]", ROW), ("[", ROW), ("[\"cat\"]", &ROW[..60]), ("[\"cat\"]", "id\nx\n")] {
            let text = pipeline::error::render(&read(classes, rows).unwrap_err());
            assert!(text.contains("is damaged") && text.contains("hint: run"), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let artifacts = tempfile::tempdir().unwrap();
        let dataset = read("[\"bird\", \"cat\"]", ROW).unwrap();
        let folder = artifacts.path().join(Dataset::STAGE);
        Dataset::write(folder.as_path(), &dataset.images, &dataset.classes).unwrap();
        let again = Dataset::read(artifacts.path()).unwrap();
        assert_eq!((again.images, again.classes), (dataset.images, dataset.classes));
        assert!(Dataset::write(folder.as_path(), &[], &["cat".to_owned()]).is_err());
    }
}
