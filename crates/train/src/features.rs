//! What the frozen trunk makes of each picture: run once, then read from a cache.
//!
//! The cache is `features/<key>.npy`, `[n, width]` float32 in the order of `dataset.csv`, beside
//! `<key>.blake3`. The key covers the trunk with its weights, the input transform, every picture's
//! bytes and the number of threads, so a cached value is the one that a new run would compute.

use std::path::Path;

use anyhow::{Context, Result, bail};
use imaging::Limits;
use ndarray::{Array2, Array4, Axis, Ix2};
use ndarray_npy::{ReadNpyExt, WriteNpyExt};
use pipeline::dataset::{Dataset, Picture};
use pipeline::{HintExt, Run, write_atomic};
use rayon::prelude::*;
use runtime::Session;

use crate::trunk::Trunk;

/// Pictures in one run of the session. Fixed: another number could change the last bits.
const BATCH: usize = 16;

/// The features of every picture, `[n, width]`, in the data set's order.
pub(crate) fn of(run: &Run, trunk: &Trunk, dataset: &Dataset) -> Result<Array2<f32>> {
    let model = trunk.model.to_bytes();
    let key = key(run, trunk, &model, dataset)?;
    let folder = run.folder().join("features");
    let file = folder.join(format!("{key}.npy"));
    if let Some(features) = read(&file, dataset.pictures.len(), trunk.width) {
        run.say(&format!("features of {} pictures from the cache", dataset.pictures.len()));
        return Ok(features);
    }
    let features = compute(run, trunk, &model, dataset)?;
    // One cache at a time: what another network or another data set left is of no use any more.
    if folder.exists() {
        fs_err::remove_dir_all(&folder)?;
    }
    write(&file, &features)?;
    Ok(features)
}

fn key(run: &Run, trunk: &Trunk, model: &[u8], dataset: &Dataset) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(model);
    hasher.update(serde_json::to_string(&trunk.network.input)?.as_bytes());
    hasher.update(runtime::identity(&run.config.data)?.as_bytes());
    hasher.update(&(run.threads() as u64).to_le_bytes());
    let pictures: Result<Vec<blake3::Hash>> =
        dataset.pictures.par_iter().map(|picture| Ok(blake3::hash(&fs_err::read(dataset.file(picture))?))).collect();
    for hash in pictures? {
        hasher.update(hash.as_bytes());
    }
    Ok(hasher.finalize().to_hex()[..16].to_owned())
}

fn compute(run: &Run, trunk: &Trunk, model: &[u8], dataset: &Dataset) -> Result<Array2<f32>> {
    let mut session = Session::from_bytes(model, run.threads())?;
    let mut features = Array2::zeros((0, trunk.width));
    let progress = run.progress("runs the frozen trunk", dataset.pictures.len());
    for pictures in dataset.pictures.chunks(BATCH) {
        let input = batch(trunk, dataset, pictures)?;
        let outputs = session.run(&[(&trunk.network.input.tensor, input.view().into_dyn())])?;
        let (_, rows) = outputs.into_iter().next().context("the trunk gave nothing out")?;
        features.append(Axis(0), rows.view().into_dimensionality::<Ix2>()?)?;
        progress.inc(pictures.len() as u64);
    }
    if let Some(at) = features.outer_iter().position(|row| row.iter().any(|value| !value.is_finite())) {
        bail!("the trunk's features of {} are not finite numbers", dataset.pictures[at].source);
    }
    Ok(features)
}

/// The input tensor of some pictures, `[n, 3, size, size]`.
pub(crate) fn batch(trunk: &Trunk, dataset: &Dataset, pictures: &[Picture]) -> Result<Array4<f32>> {
    let input = &trunk.network.input;
    let decoded: Result<Vec<imaging::RgbImage>> = pictures
        .par_iter()
        .map(|picture| {
            let image = imaging::read(&dataset.file(picture), &Limits::default())?;
            if image.dimensions() != (input.size, input.size) {
                let (width, height) = image.dimensions();
                let file = dataset.file(picture);
                bail!("{} is {width} x {height}, and {} takes {1} x {1}", file.display(), input.size);
            }
            Ok(image)
        })
        .collect();
    Ok(input.batch(&decoded.hint("run `just preprocess --force`")?))
}

/// The cached features, or `None` when there are none or they are damaged.
fn read(file: &Path, pictures: usize, width: usize) -> Option<Array2<f32>> {
    let bytes = std::fs::read(file).ok()?;
    let hash = std::fs::read_to_string(file.with_extension("blake3")).ok()?;
    if blake3::hash(&bytes).to_hex().as_str() != hash.trim() {
        return None;
    }
    let features = Array2::<f32>::read_npy(bytes.as_slice()).ok()?;
    (features.dim() == (pictures, width)).then_some(features)
}

fn write(file: &Path, features: &Array2<f32>) -> Result<()> {
    let mut bytes = Vec::new();
    features.write_npy(&mut bytes)?;
    write_atomic(file, &bytes)?;
    write_atomic(file.with_extension("blake3"), blake3::hash(&bytes).to_hex().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_cache_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.npy");
        let features = Array2::from_shape_fn((3, 4), |(row, column)| row as f32 + column as f32 / 8.0);
        write(&file, &features).unwrap();
        assert_eq!(read(&file, 3, 4), Some(features));
        assert_eq!(read(&file, 4, 3), None);
        let mut bytes = std::fs::read(&file).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&file, &bytes).unwrap();
        assert_eq!(read(&file, 3, 4), None);
    }
}
