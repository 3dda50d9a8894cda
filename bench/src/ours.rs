//! Our side: the trunk runs once for each image and is cached on disk. The part above it is trained from the cache.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context, Result};
use graph::Model;
use inference::Trunk;
use ndarray::{ArrayD, ArrayViewD};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use runtime::Trainer;
use runtime::training::{self, AdamW};
use zoo::InputTransform;

use crate::depth::{Depth, Parts};
use crate::images::{self, Items};
use crate::machine::{cpu_seconds, peak_kib};
use crate::result::Measured;
use crate::work::Work;

const LEARNING_RATE: f32 = 1e-4;
const WEIGHT_DECAY: f32 = 0.01;
const DROPOUT: f64 = 0.5;

/// Trains once at a depth and prints the measurement.
pub(crate) fn run(depth: Depth, work: &Work) -> Result<()> {
    runtime::load_from(&work.data).context("run `just setup` first")?;
    let loaded_kib = peak_kib()?;
    let labels = images::labels(&work.scratch, work.count)?;
    let classes = labels.iter().max().map_or(0, |&last| last as usize + 1);
    let Parts { input, below, above, trained } = depth.parts(&work.data, classes)?;
    let optimizer = AdamW { weight_decay: WEIGHT_DECAY, ..AdamW::default() };
    let options = training::Options { optimizer, trained: Some(trained), ..training::Options::default() };
    let artifacts = training::artifacts(&above, &options)?;
    drop(above);
    let files = artifacts.files(classes);
    let trainer = Trainer::new(&files, work.threads)?;
    let masks = artifacts.masks.clone();
    drop(artifacts);
    let mut training = Training { trainer, masks, labels: &labels, rng: ChaCha8Rng::seed_from_u64(1) };
    let mut frozen = below.map(|model| Frozen::new(&model, &input, work.threads)).transpose()?;
    let decoded = Items::open(&work.scratch.join(images::FIRST))?;
    warm_up(&mut training, frozen.as_mut(), &decoded, work)?;

    let (start, cpu) = (Instant::now(), cpu_seconds()?);
    let items = match &mut frozen {
        Some(frozen) => frozen.cache(&decoded, labels.len(), work)?,
        None => decoded,
    };
    let caching_seconds = start.elapsed().as_secs_f64();
    let (mut last_loss, mut batch) = (0.0, Vec::new());
    for _ in 0..work.epochs {
        let mut order: Vec<usize> = (0..labels.len()).collect();
        order.shuffle(&mut training.rng);
        for rows in order.chunks(work.batch) {
            last_loss = training.step(items.batch_in(rows, &mut batch)?, rows)?;
        }
    }
    let measured = Measured {
        who: "Tunescope".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        depth: depth.name().to_owned(),
        seconds: start.elapsed().as_secs_f64(),
        caching_seconds,
        cpu_seconds: cpu_seconds()? - cpu,
        images: labels.len() * work.epochs,
        peak_kib: peak_kib()?,
        loaded_kib,
        last_loss: f64::from(last_loss),
    };
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

/// Takes one step with each batch size, as the peers do before they measure, and runs the trunk once with each batch size.
fn warm_up(training: &mut Training, mut frozen: Option<&mut Frozen>, images: &Items, work: &Work) -> Result<()> {
    let rows: Vec<usize> = (0..training.labels.len()).collect();
    let sizes: BTreeMap<usize, &[usize]> = rows.chunks(work.batch).map(|rows| (rows.len(), rows)).collect();
    for rows in sizes.values() {
        let batch = match &mut frozen {
            Some(frozen) => frozen.run(images, rows)?,
            None => images.batch_in(rows, &mut Vec::new())?.to_owned(),
        };
        training.step(batch.view(), rows)?;
    }
    if let Some(frozen) = frozen {
        let sizes: BTreeMap<usize, &[usize]> =
            rows.chunks(frozen.trunk.batch()).map(|rows| (rows.len(), rows)).collect();
        for rows in sizes.values() {
            frozen.run(images, rows)?;
        }
    }
    Ok(())
}

/// The part above the cut.
struct Training<'l> {
    trainer: Trainer,
    masks: Vec<training::NamedShape>,
    labels: &'l [i64],
    rng: ChaCha8Rng,
}

impl Training<'_> {
    /// Takes one step on the items of these rows. Returns the loss before the step.
    fn step(&mut self, batch: ArrayViewD<f32>, rows: &[usize]) -> Result<f32> {
        let labels: Vec<i64> = rows.iter().map(|&row| self.labels[row]).collect();
        let rng = &mut self.rng;
        let masks: Vec<ArrayD<f32>> = self.masks.iter().map(|of| of.mask(rows.len(), DROPOUT, rng)).collect();
        let mut inputs: Vec<ArrayViewD<f32>> = vec![batch];
        inputs.extend(masks.iter().map(|mask| mask.view()));
        Ok(self.trainer.step(&inputs, &labels, LEARNING_RATE)?)
    }
}

/// The trunk, with the memory of a batch.
struct Frozen {
    trunk: Trunk,
    batch: Vec<f32>,
}

impl Frozen {
    fn new(model: &Model, input: &InputTransform, threads: usize) -> Result<Self> {
        Ok(Self { trunk: Trunk::open(&Trunk::rewrite(model)?, input, threads)?, batch: Vec::new() })
    }

    /// Computes the features of some images.
    fn run(&mut self, images: &Items, rows: &[usize]) -> Result<ArrayD<f32>> {
        Ok(self.trunk.run_tensors(images.batch_in(rows, &mut self.batch)?)?)
    }

    /// Computes the features of all images and writes them to the disk. The session stays open, because the peers do not
    /// free their networks within the measured time either.
    fn cache(&mut self, images: &Items, count: usize, work: &Work) -> Result<Items> {
        let path = work.scratch.join("cache.npy");
        let rows: Vec<usize> = (0..count).collect();
        let mut shape = None;
        let mut found = Vec::new();
        for rows in rows.chunks(self.trunk.batch()) {
            let output = self.run(images, rows)?;
            shape.get_or_insert_with(|| output.shape()[1..].to_vec());
            found.extend(output.outer_iter().map(|item| Ok(item.iter().copied().collect())));
        }
        Items::write(&path, &shape.unwrap_or_default(), found, count)?;
        Items::open(&path)
    }
}
