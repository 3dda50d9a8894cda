//! The pictures themselves, and their augmented copies.

use anyhow::{Result, anyhow};
use imaging::RgbImage;
use ndarray::Array4;
use pipeline::HintExt;
use pipeline::dataset::{Dataset, Picture};
use rayon::prelude::*;
use zoo::InputTransform;

/// The input tensor of some pictures as they are, `[n, 3, size, size]`.
pub(crate) fn batch(input: &InputTransform, dataset: &Dataset, pictures: &[&Picture]) -> Result<Array4<f32>> {
    let decoded: Result<Vec<RgbImage>> = pictures.par_iter().map(|picture| decode(input, dataset, picture)).collect();
    Ok(input.batch(&decoded?))
}

/// One picture, `size` x `size` pixels.
fn decode(input: &InputTransform, dataset: &Dataset, picture: &Picture) -> Result<RgbImage> {
    let file = dataset.file(picture);
    let again = "run `just preprocess --force`";
    let image = imaging::read(&file, &imaging::Limits::default()).hint(again)?;
    if image.dimensions() != (input.size, input.size) {
        let (width, height) = image.dimensions();
        let found = format!("{} is {width} x {height}", file.display());
        return Err(anyhow!("{found}, and the network takes {0} x {0}", input.size)).hint(again);
    }
    Ok(image)
}
