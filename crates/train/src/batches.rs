//! The batches of one epoch. A second thread prepares them while the trainer works on the batches before.
//!
//! Each epoch draws its order, copies and masks from random streams of its own. Every trial of a sweep therefore sees the
//! same batches, and a trial that resumes at an epoch needs no state of the epochs before.

use anyhow::Result;
use ndarray::{ArrayD, ArrayViewD};
use rand::RngExt;
use rand::seq::SliceRandom;
use runtime::training::NamedShape;

use crate::ahead::ahead;
use crate::examples::Set;
use crate::features::{FeatureRow, Features};
use crate::view::Run;

/// Batches that are prepared in advance.
const AHEAD: usize = 2;

/// The input of one step.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The inputs of the training model: the features, then the masks.
    pub inputs: Vec<ArrayD<f32>>,
    /// The class index of each row.
    pub labels: Vec<i64>,
}

impl Batch {
    /// Returns views of the inputs for the trainer.
    pub fn views(&self) -> Vec<ArrayViewD<'_, f32>> {
        self.inputs.iter().map(|input| input.view()).collect()
    }
}

/// The source of a trial's batches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BatchSource<'a> {
    pub run: &'a Run<'a>,
    pub features: &'a Features,
    pub train: &'a Set,
    /// The masks that the training model takes, with their shape for one image.
    pub masks: &'a [NamedShape],
    /// Probability that a mask drops a value, in [0, 1).
    pub dropout: f64,
    /// Augmented copies that can replace an image.
    pub copies: usize,
}

impl BatchSource<'_> {
    /// Returns the number of steps in one epoch.
    pub fn steps(&self) -> usize {
        self.train.len().div_ceil(self.run.config.train.batch_size)
    }

    /// Passes the batches of an epoch to `work`.
    ///
    /// Each training image is in one batch: the original or one of its copies, all with the same probability. The last
    /// batch may be smaller.
    pub fn epoch<R>(&self, epoch: usize, work: impl FnOnce(&mut dyn Iterator<Item = Result<Batch>>) -> R) -> R {
        let mut order: Vec<usize> = (0..self.train.len()).collect();
        order.shuffle(&mut self.run.rng(&format!("shuffle of epoch {epoch}")));
        let mut draw = self.run.rng(&format!("copies of epoch {epoch}"));
        let copies: Vec<usize> = self.train.images.iter().map(|_| draw.random_range(0..=self.copies)).collect();
        let mut drops = self.run.rng(&format!("dropout of epoch {epoch}"));
        let jobs = order.chunks(self.run.config.train.batch_size).map(|places| {
            let masks: Vec<_> = self.masks.iter().map(|of| of.mask(places.len(), self.dropout, &mut drops)).collect();
            (places, masks)
        });
        let make = |(places, masks): (&[usize], Vec<ArrayD<f32>>)| {
            let rows: Vec<FeatureRow> =
                places.iter().map(|at| FeatureRow { image: self.train.images[*at], copy: copies[*at] }).collect();
            let inputs = std::iter::once(self.features.batch(&rows)).chain(masks).collect();
            Ok(Batch { inputs, labels: places.iter().map(|at| self.train.labels[*at]).collect() })
        };
        ahead(AHEAD, jobs, make, work)
    }
}
