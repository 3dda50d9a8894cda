//! The images and labels of the training split and the validation split. Training never reads the test split.

use anyhow::Result;
use contract::{Dataset, Split};
use pipeline::HintExt;

use crate::features::FeatureRow;

/// The images of one split.
#[derive(Debug)]
pub(crate) struct Set {
    /// Their indices in [`Dataset::images`].
    pub images: Vec<usize>,
    /// The class index of each image, below the number of classes.
    pub labels: Vec<i64>,
}

/// The images that trials learn from, and the images that judge them.
#[derive(Debug)]
pub(crate) struct Examples {
    pub train: Set,
    pub val: Set,
    /// Number of classes, at least 2.
    pub classes: usize,
}

impl Examples {
    /// Selects the splits of `dataset`.
    ///
    /// # Errors
    /// The data set has one class only, or a split is empty.
    pub fn new(dataset: &Dataset) -> Result<Self> {
        let classes = dataset.classes.len();
        if classes < 2 {
            return Err(anyhow::anyhow!(
                "the data set has one class only, `{}`; training needs two classes",
                dataset.classes.join("")
            ))
            .hint("add images of a second class");
        }
        let set = |split| {
            let images: Vec<usize> =
                (0..dataset.images.len()).filter(|place| dataset.images[*place].split == split).collect();
            if images.is_empty() {
                return Err(anyhow::anyhow!("the {split} split is empty"))
                    .hint("add images, or change preprocess.split");
            }
            let labels = images.iter().map(|place| dataset.label_index(&dataset.images[*place]) as i64).collect();
            Ok(Set { images, labels })
        };
        Ok(Self { train: set(Split::Train)?, val: set(Split::Val)?, classes })
    }
}

impl Set {
    /// Returns the number of images.
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// Returns the original images in blocks of at most `size`, in order, with their labels.
    pub fn blocks(&self, size: usize) -> impl Iterator<Item = (Vec<FeatureRow>, &[i64])> {
        let rows = |images: &[usize]| images.iter().map(|image| FeatureRow { image: *image, copy: 0 }).collect();
        self.images.chunks(size).map(rows).zip(self.labels.chunks(size))
    }
}
