//! The features and labels of the splits that training uses. The test split is not among them.

use anyhow::Result;
use ndarray::{Array2, ArrayView2, Axis};
use pipeline::HintExt;
use pipeline::dataset::{Dataset, Split};

/// Features and labels of one split, row by row.
#[derive(Debug)]
pub(crate) struct Set {
    /// `[n, width]`.
    pub features: Array2<f32>,
    /// Class index of each row, below the number of classes.
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
    /// Picks the rows of `features` (`[n, width]`, in the data set's order) by their split.
    pub fn new(dataset: &Dataset, features: &Array2<f32>) -> Result<Self> {
        let classes = dataset.classes.len();
        if classes < 2 {
            return Err(anyhow::anyhow!(
                "there is one class only, `{}`: nothing to tell apart",
                dataset.classes.join("")
            ))
            .hint("add a second class of pictures");
        }
        let set = |split| {
            let rows: Vec<usize> =
                (0..dataset.pictures.len()).filter(|row| dataset.pictures[*row].split == split).collect();
            if rows.is_empty() {
                return Err(anyhow::anyhow!("the {split} split is empty"))
                    .hint("add pictures, or change preprocess.split");
            }
            let labels = rows.iter().map(|row| dataset.label_index(&dataset.pictures[*row]) as i64).collect();
            Ok(Set { features: features.select(Axis(0), &rows), labels })
        };
        Ok(Self { train: set(Split::Train)?, val: set(Split::Val)?, classes })
    }
}

impl Set {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// The rows named, in that order.
    pub fn select(&self, rows: &[usize]) -> Self {
        Self {
            features: self.features.select(Axis(0), rows),
            labels: rows.iter().map(|row| self.labels[*row]).collect(),
        }
    }

    /// The rows in blocks of at most `size`, in order.
    pub fn blocks(&self, size: usize) -> impl Iterator<Item = (ArrayView2<'_, f32>, &[i64])> {
        self.features.axis_chunks_iter(Axis(0), size).zip(self.labels.chunks(size))
    }
}
