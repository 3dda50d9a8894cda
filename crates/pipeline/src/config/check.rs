//! Values that parse but cannot work are refused before anything runs.

use anyhow::Result;

use super::{Analyze, Config, Sweep, Train, scrape};
use crate::HintExt;
use crate::error::UsageError;

pub(super) fn check(config: &Config) -> Result<()> {
    rule(config.threads <= 256, "threads", "from 0 to 256")?;
    let split = &config.preprocess.split;
    let shares = [split.train, split.val, split.test];
    let sum: f64 = shares.iter().sum();
    rule(
        shares.iter().all(|share| *share > 0.0) && (sum - 1.0).abs() < 1e-6,
        "preprocess.split",
        "three shares above 0 that add up to 1",
    )?;
    rule(config.preprocess.max_pixels > 0, "preprocess.max_pixels", "at least 1")?;
    rule(config.preprocess.max_memory_mb > 0, "preprocess.max_memory_mb", "at least 1")?;
    scrape::check(&config.scrape)?;

    train(&config.train)?;

    let evaluate = &config.evaluate;
    rule((1..=1_000_000).contains(&evaluate.bootstrap_samples), "evaluate.bootstrap_samples", "from 1 to 1000000")?;
    rule((1..=1000).contains(&evaluate.calibration_bins), "evaluate.calibration_bins", "from 1 to 1000")?;
    rule((0.0..=1.0).contains(&evaluate.gate.accuracy), "evaluate.gate.accuracy", "from 0 to 1")?;
    analyze(&config.analyze)
}

fn analyze(analyze: &Analyze) -> Result<()> {
    rule((1..=100).contains(&analyze.activations.top), "analyze.activations.top", "from 1 to 100")?;
    rule((1..=100).contains(&analyze.activations.shown), "analyze.activations.shown", "from 1 to 100")?;
    rule(analyze.occlusion.patch > 0, "analyze.occlusion.patch", "at least 1")?;
    rule(analyze.occlusion.stride > 0, "analyze.occlusion.stride", "at least 1")?;
    let methods = &analyze.maps.methods;
    let once = methods.iter().enumerate().all(|(place, method)| !methods[..place].contains(method));
    rule(once, "analyze.maps.methods", "a list that names no method twice")?;
    rule(analyze.maps.steps <= 1000, "analyze.maps.steps", "from 0 to 1000")?;
    rule(
        analyze.tsne.perplexity.is_finite() && analyze.tsne.perplexity >= 1.0,
        "analyze.tsne.perplexity",
        "1 or above",
    )?;
    rule((1..=100_000).contains(&analyze.tsne.iterations), "analyze.tsne.iterations", "from 1 to 100000")
}

fn train(train: &Train) -> Result<()> {
    rule(
        !train.tune.is_empty() && train.tune.iter().all(|depth| !depth.trim().is_empty()),
        "train.tune",
        "a tuning depth such as \"head\", or a list of at least one",
    )?;
    rule((1..=65_536).contains(&train.batch_size), "train.batch_size", "from 1 to 65536")?;
    rule((1..=100_000).contains(&train.max_epochs), "train.max_epochs", "from 1 to 100000")?;
    rule(train.patience > 0, "train.patience", "at least 1")?;
    rule((0.0..=1.0).contains(&train.warmup), "train.warmup", "from 0 to 1")?;
    rule((0.0..=1.0).contains(&train.trunk_rate), "train.trunk_rate", "from 0 to 1")?;
    rule((0.0..1.0).contains(&train.label_smoothing), "train.label_smoothing", "from 0 to below 1")?;
    let augment = &train.augment;
    rule((0.0..=0.9).contains(&augment.crop), "train.augment.crop", "from 0 to 0.9")?;
    rule((0.0..=1.0).contains(&augment.jitter), "train.augment.jitter", "from 0 to 1")?;
    rule((0.0..=1.0).contains(&augment.lighting), "train.augment.lighting", "from 0 to 1")?;
    sweep(&train.sweep)
}

fn sweep(sweep: &Sweep) -> Result<()> {
    // The runtime computes in f32, where 1e-50 is 0 and 1e39 is infinite.
    let rates = |rate: &f64| (*rate as f32) > 0.0 && (*rate as f32).is_finite();
    list(&sweep.learning_rate, rates, "train.sweep.learning_rate", "numbers above 0, from 1e-45 to 3e38")?;
    list(&sweep.dropout, |drop| (0.0..1.0).contains(drop), "train.sweep.dropout", "numbers from 0 to below 1")?;
    let decays = |decay: &f64| *decay >= 0.0 && (*decay as f32).is_finite();
    list(&sweep.weight_decay, decays, "train.sweep.weight_decay", "numbers, 0 or above")?;
    list(&sweep.copies, |copies| *copies <= 1000, "train.sweep.copies", "whole numbers from 0 to 1000")?;
    let sizes = |sizes: &Vec<usize>| sizes.iter().all(|size| (1..=65_536).contains(size));
    list(&sweep.hidden, sizes, "train.sweep.hidden", "lists of sizes, such as [[], [256]]")?;
    list(&sweep.hidden, |sizes| sizes.len() <= 7, "train.sweep.hidden", "lists of at most 7 sizes")?;
    // With AdamW's two moments and the gradient, 2^27 weights between two layers take 2 GiB.
    let fits = |sizes: &Vec<usize>| sizes.windows(2).all(|pair| pair[0] * pair[1] <= 1 << 27);
    list(&sweep.hidden, fits, "train.sweep.hidden", "lists whose neighbours' product is at most 134217728")?;
    let lengths = [&sweep.learning_rate, &sweep.dropout, &sweep.weight_decay].map(Vec::len);
    let trials = lengths.into_iter().chain([sweep.hidden.len(), sweep.copies.len()]).fold(1, usize::saturating_mul);
    rule(trials <= 10_000, "train.sweep", "lists of at most 10000 combinations")
}

/// A list must hold something, and each of its values must be sound.
fn list<T>(values: &[T], sound: impl Fn(&T) -> bool, key: &str, wanted: &str) -> Result<()> {
    rule(!values.is_empty() && values.iter().all(sound), key, &format!("a list of {wanted}"))
}

pub(super) fn rule(holds: bool, key: &str, wanted: &str) -> Result<()> {
    if holds {
        return Ok(());
    }
    Err(UsageError(format!("`{key}` must be {wanted}"))).hint("pipeline.toml explains every key")
}
