//! The preprocessed pictures, read back.

use anyhow::{Result, bail};
use contract::{Dataset, Picture};
use imaging::{Limits, RgbImage};
use pipeline::HintExt;
use rayon::prelude::*;

/// `pictures`, each `size` x `size` pixels, in their order.
pub(crate) fn read(dataset: &Dataset, pictures: &[&Picture], size: u32) -> Result<Vec<RgbImage>> {
    pictures.par_iter().map(|picture| read_one(dataset, picture, size)).collect()
}

/// One picture, `size` x `size` pixels.
pub(crate) fn read_one(dataset: &Dataset, picture: &Picture, size: u32) -> Result<RgbImage> {
    let file = dataset.file(picture);
    let image = imaging::read(&file, &Limits::default()).hint("run `just preprocess --force`")?;
    let (width, height) = image.dimensions();
    if (width, height) != (size, size) {
        bail!("{} is {width}x{height} pixels, and the network takes {size}x{size}", file.display());
    }
    Ok(image)
}
