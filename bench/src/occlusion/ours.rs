//! One measurement of ours: one picture covered at every window, by a network that is ready.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use attribution::{Occluder, Reuse, Windows};
use ndarray_npy::WriteNpyExt;

use super::network::{Above, picture};
use super::{Covered, Geometry};

/// Measures once, after one picture that is not measured, and prints one line of JSON. The map goes to `map`.
pub(crate) fn run(
    above: Above,
    geometry: Geometry,
    reuse: Reuse,
    data: &Path,
    threads: usize,
    map: &Path,
) -> Result<()> {
    runtime::load(&runtime::locate(data)).context("run `just setup` first")?;
    let model = above.model(data)?;
    let windows = Windows::new(224, geometry.patch, geometry.stride)?;
    let ready = Instant::now();
    let mut occluder = Occluder::new(&model, &[graph::head::PROBABILITIES], &windows.rects(), reuse, threads)?;
    let ready = ready.elapsed().as_secs_f64();
    let picture = picture();
    let cover = ndarray::Array3::zeros(picture.dim());
    occluder.probe(&picture, &cover, &|_| {})?;
    let start = Instant::now();
    let probed = occluder.probe(&picture, &cover, &|_| {})?;
    let drops: Vec<f32> = probed.covered[0].column(0).iter().map(|value| probed.uncovered[0][0] - value).collect();
    let found = windows.accumulate(&drops);
    let seconds = start.elapsed().as_secs_f64();
    found.write_npy(fs_err::File::create(map)?)?;
    let version = format!("Tunescope {}", env!("CARGO_PKG_VERSION"));
    println!("{}", serde_json::to_string(&Covered { seconds, version, ready })?);
    Ok(())
}
