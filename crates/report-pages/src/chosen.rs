//! The images that `analyze` analyzed one by one.

use std::path::{Path, PathBuf};

use anyhow::Result;
use contract::{Artifact, ChosenRow, Dataset, Row};

/// An image with feature maps and saliency maps.
pub(crate) struct Chosen {
    pub row: ChosenRow,
    /// Its index in the data set. `None` for a file that the user named.
    pub place: Option<usize>,
    /// The image as the network sees it.
    pub file: PathBuf,
}

/// Reads the table of the images and finds their files.
pub(crate) fn read(artifacts: &Path, dataset: &Dataset) -> Result<Vec<Chosen>> {
    let find = |row: ChosenRow| {
        let place = dataset.images.iter().position(|image| image.id == row.id);
        let file = match place {
            Some(place) => dataset.file(&dataset.images[place]),
            None => artifacts.join(<ChosenRow as Row>::STAGE).join(ChosenRow::image_file(&row.id)),
        };
        Chosen { row, place, file }
    };
    Ok(Vec::<ChosenRow>::read(artifacts)?.into_iter().map(find).collect())
}
