//! One measurement of ours.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use embedding::tsne::{Settings, embed};
use ndarray_npy::WriteNpyExt;

use super::{ITERATIONS, Mapped, PERPLEXITY, read};

/// Measures once and prints one line of JSON. The map goes to `map`.
pub(crate) fn run(points: &Path, threads: usize, map: &Path) -> Result<()> {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().context("threads")?;
    let points = read::<f32>(points)?;
    let settings = Settings { perplexity: PERPLEXITY, iterations: ITERATIONS.iter().sum(), engine: None };
    let start = Instant::now();
    let found = embed(&points, &settings, &mut pipeline::rng(1, "bench", "t-SNE"), &mut |_| true)?;
    let seconds = start.elapsed().as_secs_f64();
    found.places.write_npy(fs_err::File::create(map)?)?;
    let version = format!("Tunescope {}", env!("CARGO_PKG_VERSION"));
    println!("{}", serde_json::to_string(&Mapped { seconds, version })?);
    Ok(())
}
