//! The images of the data set and their augmented copies.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use contract::Dataset;
use contract::stages;
use imaging::{RgbImage, Transform};
use pipeline::{Environment, HintExt, Manifest, run_again};
use rayon::prelude::*;
use zoo::InputTransform;

use super::row::{Copies, FeatureRow};
use super::shard::Key;

/// The stage whose random streams draw the copies. `find-lr` draws the same copies as `train`.
const STAGE: &str = stages::TRAIN;

/// All images of the data set, and how their copies differ from them.
pub(super) struct Images<'a> {
    dataset: &'a Dataset,
    input: &'a InputTransform,
    copies: &'a Copies,
    seed: u64,
}

impl<'a> Images<'a> {
    /// Makes the images of `dataset` for a network that takes `input`.
    pub fn new(seed: u64, dataset: &'a Dataset, input: &'a InputTransform, copies: &'a Copies) -> Self {
        Self { dataset, input, copies, seed }
    }

    /// Draws the augmentation of a row. It depends on the seed, the image and the number of the copy, and not on the order
    /// or on other images.
    fn change(&self, row: FeatureRow) -> Transform {
        if row.copy == 0 {
            return Transform::default();
        }
        let purpose = format!("copy {} of {}", row.copy, self.dataset.images[row.image].id);
        let size = (self.input.size, self.input.size);
        self.copies.augment.draw(row.copy, size, &mut pipeline::rng(self.seed, STAGE, &purpose))
    }

    /// Returns the key of each row's record: a hash of the image's bytes and of its augmentation.
    ///
    /// The hashes of the bytes come from the manifest of `preprocess`, which the stage has checked.
    pub fn keys(&self, environment: &Environment, rows: &[FeatureRow]) -> Result<Vec<(Key, FeatureRow)>> {
        let path = environment.stage(stages::PREPROCESS).join(Manifest::FILE);
        let manifest = Manifest::from_csv(&fs_err::read_to_string(&path).hint(run_again(stages::PREPROCESS))?, &path)
            .hint(run_again(stages::PREPROCESS))?;
        let hashes: BTreeMap<&str, &str> =
            manifest.0.iter().map(|entry| (entry.path.as_str(), entry.blake3.as_str())).collect();
        let key = |row: &FeatureRow| {
            let image = &self.dataset.images[row.image];
            let hash = hashes.get(image.path.as_str());
            let hash = hash
                .with_context(|| format!("{} does not list {}", path.display(), image.path))
                .hint(run_again(stages::PREPROCESS))?;
            let mut digest = blake3::Hasher::new_derive_key("tunescope picture at a cut");
            digest.update(hash.as_bytes());
            let change = self.change(*row);
            if !change.is_none() {
                digest.update(&change.bytes());
            }
            Ok((*digest.finalize().as_bytes(), *row))
        };
        rows.par_iter().map(key).collect()
    }

    /// Reads the image of a row, `size` x `size` pixels, and augments it.
    pub fn read(&self, row: FeatureRow) -> Result<RgbImage> {
        let image = read(self.input, self.dataset, row.image)?;
        Ok(self.change(row).apply(&image))
    }

    /// Returns the input transform of the network.
    pub fn input(&self) -> &InputTransform {
        self.input
    }

    /// Returns the path or URL of a row's image.
    pub fn name(&self, row: FeatureRow) -> &str {
        &self.dataset.images[row.image].source
    }
}

/// Reads the image with index `image` of [`Dataset::images`] without a change. It must have the size that the network takes.
pub(crate) fn read(input: &InputTransform, dataset: &Dataset, image: usize) -> Result<RgbImage> {
    inference::read(&dataset.file(&dataset.images[image]), input.size).hint(run_again(stages::PREPROCESS))
}
