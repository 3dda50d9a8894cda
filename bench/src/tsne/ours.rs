//! One measurement of our engine.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use embedding::tsne::{Engine, TsneSettings, embed};
use ndarray_npy::WriteNpyExt;

use super::comparison::{Fit, read};
use super::plan::{ITERATIONS, PERPLEXITY};

/// Lays out the points of a file once with the engine `grid`. Prints one line of JSON and writes the positions to `out`.
pub(super) fn run(points: &Path, threads: usize, out: &Path) -> Result<()> {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().context("threads")?;
    let points = read::<f32>(points)?;
    let settings =
        TsneSettings { perplexity: PERPLEXITY, iterations: ITERATIONS.iter().sum(), engine: Some(Engine::Grid) };
    let start = Instant::now();
    let found = embed(&points, &settings, &mut pipeline::rng(1, "bench", "t-SNE"), &mut |_| true)?;
    let seconds = start.elapsed().as_secs_f64();
    found.positions.write_npy(fs_err::File::create(out)?)?;
    let version = format!("Tunescope {}", env!("CARGO_PKG_VERSION"));
    println!("{}", serde_json::to_string(&Fit { seconds, version })?);
    Ok(())
}
