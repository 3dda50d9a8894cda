//! Our side: the frozen part runs once a picture and is cached on disk, what lies above is trained from there.

use std::time::Instant;

use anyhow::{Context, Result};
use graph::Convolutions;
use graph::training::{self, AdamW};
use ndarray::{ArrayD, ArrayViewD};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use runtime::{Layout, Session, Trainer, TrainingFiles};

use crate::Work;
use crate::depth::{Depth, Parts};
use crate::machine::{cpu_seconds, peak_kib};
use crate::pictures::{self, Items};
use crate::result::Measured;

const LEARNING_RATE: f32 = 1e-4;
const WEIGHT_DECAY: f32 = 0.01;
const DROPOUT: f64 = 0.5;

/// Trains once at a depth and prints what was measured.
pub(crate) fn run(depth: Depth, work: &Work) -> Result<()> {
    runtime::load(&runtime::locate(&work.data)).context("run `just setup` first")?;
    let loaded_kib = peak_kib()?;
    let labels = pictures::labels(&work.scratch, work.count)?;
    let classes = labels.iter().max().map_or(0, |&last| last as usize + 1);
    let Parts { tensor, below, above, trained } = depth.parts(&work.data, classes)?;
    let optimizer = AdamW { weight_decay: WEIGHT_DECAY, ..AdamW::default() };
    let options = training::Options { optimizer, trained: Some(trained), ..training::Options::default() };
    let artifacts = training::artifacts(&above, &options)?;
    drop(above);
    let files = TrainingFiles {
        training_model: &artifacts.training_model,
        eval_model: &artifacts.eval_model,
        checkpoint: &artifacts.checkpoint,
        classes,
    };
    let mut trainer = Trainer::new(&files, work.threads)?;
    let masks = artifacts.masks.clone();
    drop(artifacts);
    let frozen = below.map(|model| -> Result<Session> {
        let model = model.with_own_convolutions(Convolutions::Fastest)?;
        let layout = if model.has_operator("Conv") { Layout::Blocked } else { Layout::Plain };
        Ok(Session::with_own_operators(&model.to_bytes(), work.threads, layout)?)
    });
    let frozen = frozen.transpose()?;

    let (start, cpu) = (Instant::now(), cpu_seconds()?);
    let mut items = Items::open(&work.scratch.join(pictures::FIRST))?;
    if let Some(session) = frozen {
        items = cache(session, &items, labels.len(), &tensor, work)?;
    }
    let caching_seconds = start.elapsed().as_secs_f64();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut last_loss = 0.0;
    for _ in 0..work.epochs {
        let mut order: Vec<usize> = (0..labels.len()).collect();
        order.shuffle(&mut rng);
        for rows in order.chunks(work.batch) {
            let batch = items.batch(rows)?;
            let of_batch: Vec<i64> = rows.iter().map(|&row| labels[row]).collect();
            let masks: Vec<ArrayD<f32>> = masks.iter().map(|of| of.mask(rows.len(), DROPOUT, &mut rng)).collect();
            let mut inputs: Vec<ArrayViewD<f32>> = vec![batch.view()];
            inputs.extend(masks.iter().map(|mask| mask.view()));
            last_loss = trainer.step(&inputs, &of_batch, LEARNING_RATE)?;
        }
    }
    let measured = Measured {
        who: "Tunescope".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        depth: depth.name().to_owned(),
        seconds: start.elapsed().as_secs_f64(),
        caching_seconds,
        cpu_seconds: cpu_seconds()? - cpu,
        pictures: labels.len() * work.epochs,
        peak_kib: peak_kib()?,
        loaded_kib,
        last_loss: f64::from(last_loss),
    };
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

/// Runs the frozen part over the pictures and writes what comes out to disk.
fn cache(mut session: Session, pictures: &Items, count: usize, tensor: &str, work: &Work) -> Result<Items> {
    let path = work.scratch.join("cache.npy");
    let input = session.input_names().first().map(|name| (*name).to_owned()).context("the frozen part has no input")?;
    let rows: Vec<usize> = (0..count).collect();
    let mut shape = None;
    let mut found = Vec::new();
    for rows in rows.chunks(work.batch) {
        let batch = pictures.batch(rows)?;
        let outputs = session.run(&[(&input, batch.view())])?;
        let (_, output) = outputs.into_iter().next().with_context(|| format!("no `{tensor}` came out"))?;
        shape.get_or_insert_with(|| output.shape()[1..].to_vec());
        found.extend(output.outer_iter().map(|item| Ok(item.iter().copied().collect())));
    }
    Items::write(&path, &shape.unwrap_or_default(), found, count)?;
    Items::open(&path)
}
