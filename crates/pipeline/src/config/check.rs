//! Values that parse but cannot work are refused before anything runs.

use anyhow::Result;

use super::{Config, Source};
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
    if let Source::Drawn { per_class } = config.scrape.source {
        rule((1..=100_000).contains(&per_class), "scrape.source.per_class", "from 1 to 100000")?;
    }

    let train = &config.train;
    rule((1..=65_536).contains(&train.batch_size), "train.batch_size", "from 1 to 65536")?;
    rule((1..=100_000).contains(&train.max_epochs), "train.max_epochs", "from 1 to 100000")?;
    rule(train.patience > 0, "train.patience", "at least 1")?;
    rule(train.weight_decay.is_finite() && train.weight_decay >= 0.0, "train.weight_decay", "0 or above")?;
    let sweep = &train.sweep;
    let rates = &sweep.learning_rate;
    rule(
        !rates.is_empty() && rates.iter().all(|rate| rate.is_finite() && *rate > 0.0),
        "train.sweep.learning_rate",
        "a list of numbers above 0",
    )?;
    let drops = &sweep.dropout;
    rule(
        !drops.is_empty() && drops.iter().all(|drop| (0.0..1.0).contains(drop)),
        "train.sweep.dropout",
        "a list of numbers from 0 to below 1",
    )?;
    let hidden = &sweep.hidden;
    rule(
        !hidden.is_empty() && hidden.iter().flatten().all(|size| (1..=65_536).contains(size)),
        "train.sweep.hidden",
        "a list of lists of sizes, such as [[], [256]]",
    )?;
    rule(hidden.iter().all(|sizes| sizes.len() <= 7), "train.sweep.hidden", "lists of at most 7 sizes")?;

    // With AdamW's two moments and the gradient, 2^27 weights between two layers take 2 GiB.
    let fits = |sizes: &Vec<usize>| sizes.windows(2).all(|pair| pair[0] * pair[1] <= 1 << 27);
    rule(hidden.iter().all(fits), "train.sweep.hidden", "lists whose neighbours' product is at most 134217728")?;

    let evaluate = &config.evaluate;
    rule((1..=1_000_000).contains(&evaluate.bootstrap_samples), "evaluate.bootstrap_samples", "from 1 to 1000000")?;
    rule((1..=1000).contains(&evaluate.calibration_bins), "evaluate.calibration_bins", "from 1 to 1000")?;
    rule((0.0..=1.0).contains(&evaluate.gate.accuracy), "evaluate.gate.accuracy", "from 0 to 1")?;

    let analyze = &config.analyze;
    rule(analyze.occlusion.patch > 0, "analyze.occlusion.patch", "at least 1")?;
    rule(analyze.occlusion.stride > 0, "analyze.occlusion.stride", "at least 1")?;
    rule(
        analyze.tsne.perplexity.is_finite() && analyze.tsne.perplexity >= 1.0,
        "analyze.tsne.perplexity",
        "1 or above",
    )?;
    rule((1..=100_000).contains(&analyze.tsne.iterations), "analyze.tsne.iterations", "from 1 to 100000")?;
    rule((4..=5000).contains(&analyze.tsne.max_points), "analyze.tsne.max_points", "from 4 to 5000")
}

fn rule(holds: bool, key: &str, wanted: &str) -> Result<()> {
    if holds {
        return Ok(());
    }
    Err(UsageError(format!("`{key}` must be {wanted}"))).hint("pipeline.toml explains every key")
}
