//! The pictures and labels of the splits that training uses. The test split is not among them.

use anyhow::Result;
use contract::{Dataset, Split};
use pipeline::HintExt;

use crate::features::Row;

/// The pictures of one split.
#[derive(Debug)]
pub(crate) struct Set {
    /// Places in [`Dataset::pictures`].
    pub pictures: Vec<usize>,
    /// Class index of each picture, below the number of classes.
    pub labels: Vec<i64>,
}

/// What the trials learn from and are judged by.
#[derive(Debug)]
pub(crate) struct Examples {
    pub train: Set,
    pub val: Set,
    /// Number of classes, at least 2.
    pub classes: usize,
}

impl Examples {
    /// The splits of `dataset`, none of them empty.
    pub fn new(dataset: &Dataset) -> Result<Self> {
        let classes = dataset.classes.len();
        if classes < 2 {
            return Err(anyhow::anyhow!(
                "there is one class only, `{}`: nothing to tell apart",
                dataset.classes.join("")
            ))
            .hint("add a second class of pictures");
        }
        let set = |split| {
            let pictures: Vec<usize> =
                (0..dataset.pictures.len()).filter(|place| dataset.pictures[*place].split == split).collect();
            if pictures.is_empty() {
                return Err(anyhow::anyhow!("the {split} split is empty"))
                    .hint("add pictures, or change preprocess.split");
            }
            let labels = pictures.iter().map(|place| dataset.label_index(&dataset.pictures[*place]) as i64).collect();
            Ok(Set { pictures, labels })
        };
        Ok(Self { train: set(Split::Train)?, val: set(Split::Val)?, classes })
    }
}

impl Set {
    /// Number of pictures.
    pub fn len(&self) -> usize {
        self.pictures.len()
    }

    /// The original pictures in blocks of at most `size`, in order, with their labels.
    pub fn blocks(&self, size: usize) -> impl Iterator<Item = (Vec<Row>, &[i64])> {
        let rows = |pictures: &[usize]| pictures.iter().map(|picture| Row { picture: *picture, copy: 0 }).collect();
        self.pictures.chunks(size).map(rows).zip(self.labels.chunks(size))
    }
}
