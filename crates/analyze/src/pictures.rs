//! The preprocessed images, read back.

use anyhow::Result;
use contract::{Dataset, Picture};
use imaging::RgbImage;
use pipeline::HintExt;

/// Reads one image, which must be `size` x `size` pixels.
pub(crate) fn read(dataset: &Dataset, picture: &Picture, size: u32) -> Result<RgbImage> {
    inference::read(&dataset.file(picture), size).hint("run `just preprocess --force`")
}
