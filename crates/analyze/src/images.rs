//! Reads preprocessed images.

use anyhow::Result;
use contract::{Dataset, ImageRow, stages};
use imaging::RgbImage;
use pipeline::{HintExt, run_again};

/// Reads one image, which must be `size` x `size` pixels.
pub(crate) fn read(dataset: &Dataset, row: &ImageRow, size: u32) -> Result<RgbImage> {
    inference::read(&dataset.file(row), size).hint(run_again(stages::PREPROCESS))
}
