//! Images that are selected for feature maps and saliency maps.

use anyhow::Result;
use contract::{Dataset, ImageRow, Why};
use pipeline::HintExt;
use pipeline::error::UsageError;

/// A selected image, and the reason for its selection.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Selected {
    origin: Origin,
    /// Why the image was selected.
    pub why: Why,
}

/// The origin of a selected image.
#[derive(Debug, Clone, PartialEq)]
enum Origin {
    /// The data set. The value is the index in [`Dataset::images`].
    Dataset(usize),
    /// A file that the user named. The value has the same form as a row of `dataset.csv`, with an absolute path.
    File(ImageRow),
}

impl Selected {
    /// Selects the image at `index` in [`Dataset::images`].
    pub fn from_dataset(index: usize, why: Why) -> Self {
        Self { origin: Origin::Dataset(index), why }
    }

    /// Selects an image that is not in the data set. The path of `row` is absolute.
    pub fn from_file(row: ImageRow) -> Self {
        Self { origin: Origin::File(row), why: Why::Given }
    }

    /// Returns the index in [`Dataset::images`], or `None` for an image that is not in the data set.
    #[cfg(test)]
    pub fn index(&self) -> Option<usize> {
        match self.origin {
            Origin::Dataset(index) => Some(index),
            Origin::File(_) => None,
        }
    }

    /// Returns the row that describes the image.
    pub fn row<'a>(&'a self, dataset: &'a Dataset) -> &'a ImageRow {
        match &self.origin {
            Origin::Dataset(index) => &dataset.images[*index],
            Origin::File(row) => row,
        }
    }
}

/// Selects the images with these `ids`, in their order.
///
/// # Errors
/// Returns an error when the data set has no image with one of the ids.
pub(crate) fn by_id(ids: &[String], dataset: &Dataset) -> Result<Vec<Selected>> {
    let find = |id: &String| {
        let index = dataset.images.iter().position(|image| image.id == *id);
        let index = index.ok_or_else(|| {
            let mut known = dataset.images.iter().map(|image| image.id.as_str());
            let similar = known.find(|known| known.starts_with(id.get(..4).unwrap_or(id)));
            let suggestion = similar.map(|known| format!("; did you mean `{known}`?")).unwrap_or_default();
            UsageError(format!("`analyze.pictures` names image `{id}`, which is not in dataset.csv{suggestion}"))
        });
        index.map(|index| Selected::from_dataset(index, Why::Requested))
    };
    ids.iter().map(find).collect::<Result<_, _>>().hint("the ids are in the first column of preprocess/dataset.csv")
}
