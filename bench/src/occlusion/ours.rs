//! One measurement of our occlusion: one image, covered at every window, with a network that is already open.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use attribution::{Occluder, Reuse, Windows};
use clap::{Args, ValueEnum};
use ndarray_npy::WriteNpyExt;

use super::measurement::Measurement;
use super::network::{DenseLayers, image};

/// The arguments of `bench occlusion-ours`, which `bench occlusion` starts.
#[derive(Args, Clone, Debug)]
pub(crate) struct OcclusionSide {
    #[arg(long)]
    network: DenseLayers,
    #[arg(long)]
    patch: usize,
    #[arg(long)]
    stride: usize,
    #[arg(long)]
    reuse: Switch,
    #[arg(long, default_value_t = 2)]
    threads: usize,
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// File for the map
    #[arg(long)]
    map: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Switch {
    On,
    Off,
}

/// Measures the second of two images, prints one line of JSON, and writes the map.
pub(crate) fn run(side: &OcclusionSide) -> Result<()> {
    let reuse = match side.reuse {
        Switch::On => Reuse::On,
        Switch::Off => Reuse::Off,
    };
    runtime::load_from(&side.data).context("run `just setup` first")?;
    let model = side.network.model(&side.data)?;
    let windows = Windows::new(224, side.patch, side.stride)?;
    let ready = Instant::now();
    let mut occluder = Occluder::new(&model, &[graph::head::PROBABILITIES], &windows.rects(), reuse, side.threads)?;
    let ready = ready.elapsed().as_secs_f64();
    let image = image();
    let cover = ndarray::Array3::zeros(image.dim());
    occluder.probe(&image, &cover, &|_| {})?;
    let start = Instant::now();
    let probed = occluder.probe(&image, &cover, &|_| {})?;
    let drops: Vec<f32> = probed.covered[0].column(0).iter().map(|value| probed.uncovered[0][0] - value).collect();
    let map = windows.accumulate(&drops);
    let seconds = start.elapsed().as_secs_f64();
    map.write_npy(fs_err::File::create(&side.map)?)?;
    let version = format!("Tunescope {}", env!("CARGO_PKG_VERSION"));
    println!("{}", serde_json::to_string(&Measurement { seconds, version, ready })?);
    Ok(())
}
