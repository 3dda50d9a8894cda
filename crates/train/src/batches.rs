//! The batches of one epoch, made on a thread of their own while the trainer works on those before.
//!
//! Order, copies and masks are drawn from streams that belong to the epoch alone. So every trial of a sweep sees the same
//! ones, and a trial that is taken up again at an epoch needs nothing from the epochs before.

use crate::view::Run;
use anyhow::Result;
use ndarray::{ArrayD, ArrayViewD};
use rand::RngExt;
use rand::seq::SliceRandom;
use runtime::training::NamedShape;

use crate::ahead::ahead;
use crate::examples::Set;
use crate::features::{Features, Row};

/// Batches made ahead of the trainer.
const AHEAD: usize = 2;

/// What one step trains on.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The training model's inputs: the values at the cut, then the masks.
    pub inputs: Vec<ArrayD<f32>>,
    /// One class index a row.
    pub labels: Vec<i64>,
}

impl Batch {
    /// The inputs as the trainer takes them.
    pub fn views(&self) -> Vec<ArrayViewD<'_, f32>> {
        self.inputs.iter().map(|input| input.view()).collect()
    }
}

/// Where batches come from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    pub run: &'a Run<'a>,
    pub features: &'a Features,
    pub train: &'a Set,
    /// The masks that the training model takes, with the shape of one item.
    pub masks: &'a [NamedShape],
    /// Chance that a mask drops a value.
    pub dropout: f64,
    /// Augmented copies that may stand for a picture.
    pub copies: usize,
}

impl Source<'_> {
    /// Steps in one epoch.
    pub fn steps(&self) -> usize {
        self.train.len().div_ceil(self.run.config.train.batch_size)
    }

    /// Lets `work` go through the batches of an epoch. Each training picture is in one of them, as itself or as one of
    /// its copies, each as likely; the last batch may be smaller.
    pub fn epoch<R>(&self, epoch: usize, work: impl FnOnce(&mut dyn Iterator<Item = Result<Batch>>) -> R) -> R {
        let mut order: Vec<usize> = (0..self.train.len()).collect();
        order.shuffle(&mut self.run.rng(&format!("shuffle of epoch {epoch}")));
        let mut draw = self.run.rng(&format!("copies of epoch {epoch}"));
        let copies: Vec<usize> = self.train.pictures.iter().map(|_| draw.random_range(0..=self.copies)).collect();
        let mut drops = self.run.rng(&format!("dropout of epoch {epoch}"));
        let jobs = order.chunks(self.run.config.train.batch_size).map(|places| {
            let masks: Vec<_> = self.masks.iter().map(|of| of.mask(places.len(), self.dropout, &mut drops)).collect();
            (places, masks)
        });
        let make = |(places, masks): (&[usize], Vec<ArrayD<f32>>)| {
            let rows: Vec<Row> =
                places.iter().map(|at| Row { picture: self.train.pictures[*at], copy: copies[*at] }).collect();
            let inputs = std::iter::once(self.features.batch(&rows)).chain(masks).collect();
            Ok(Batch { inputs, labels: places.iter().map(|at| self.train.labels[*at]).collect() })
        };
        ahead(AHEAD, jobs, make, work)
    }
}
