//! The pictures themselves, and their augmented copies.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use contract::Dataset;
use contract::stages;
use imaging::{RgbImage, Transform};
use pipeline::{Environment, HintExt, Manifest};
use rayon::prelude::*;
use zoo::InputTransform;

use super::row::{Copies, Row};
use super::shard::Key;

/// The stage whose random streams copies are drawn from, whichever stage asks.
const STAGE: &str = stages::TRAIN;
const AGAIN: &str = "run `just preprocess --force`";

/// Every picture that a run may ask for, and how its copies are made.
pub(super) struct Pictures<'a> {
    dataset: &'a Dataset,
    input: &'a InputTransform,
    copies: &'a Copies,
    seed: u64,
}

impl<'a> Pictures<'a> {
    /// The pictures of `dataset`, for a network that takes `input`.
    pub fn new(seed: u64, dataset: &'a Dataset, input: &'a InputTransform, copies: &'a Copies) -> Self {
        Self { dataset, input, copies, seed }
    }

    /// What is done to the picture of a row. Drawn from seed, picture and copy alone, so that no order and no other
    /// picture changes it.
    fn change(&self, row: Row) -> Transform {
        if row.copy == 0 {
            return Transform::default();
        }
        let purpose = format!("copy {} of {}", row.copy, self.dataset.pictures[row.picture].id);
        let size = (self.input.size, self.input.size);
        self.copies.augment.draw(row.copy, size, &mut pipeline::rng(self.seed, STAGE, &purpose))
    }

    /// What a record of each row is known by: the picture's bytes and what is done to them.
    ///
    /// The bytes' hashes are those of `preprocess`'s manifest, which was checked when this stage began.
    pub fn keys(&self, environment: &Environment, rows: &[Row]) -> Result<Vec<(Key, Row)>> {
        let path = environment.stage(stages::PREPROCESS).join(Manifest::FILE);
        let manifest = Manifest::from_csv(&fs_err::read_to_string(&path).hint(AGAIN)?, &path).hint(AGAIN)?;
        let hashes: BTreeMap<&str, &str> =
            manifest.0.iter().map(|entry| (entry.path.as_str(), entry.blake3.as_str())).collect();
        let key = |row: &Row| {
            let picture = &self.dataset.pictures[row.picture];
            let hash = hashes.get(picture.path.as_str());
            let hash =
                hash.with_context(|| format!("{} does not name {}", path.display(), picture.path)).hint(AGAIN)?;
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
    pub fn read(&self, row: Row) -> Result<RgbImage> {
        let image = read(self.input, self.dataset, row.picture)?;
        Ok(self.change(row).apply(&image))
    }

    /// What the network takes.
    pub fn input(&self) -> &InputTransform {
        self.input
    }

    /// What the user knows the picture of a row by.
    pub fn name(&self, row: Row) -> &str {
        &self.dataset.pictures[row.picture].source
    }
}

/// Reads the image at a place of [`Dataset::pictures`] as it is. It must have the size that the network takes.
pub(crate) fn read(input: &InputTransform, dataset: &Dataset, picture: usize) -> Result<RgbImage> {
    inference::read(&dataset.file(&dataset.pictures[picture]), input.size).hint(AGAIN)
}
