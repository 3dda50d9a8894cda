//! Draws different JPEG files of about 100 KB.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use imaging::{Rgb, RgbImage, jpeg};
use pipeline::print_message;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

const WIDTH: u32 = 640;
const HEIGHT: u32 = 480;
const QUALITY: u8 = 84;
/// The strength of the noise. It makes the files as large as photos with the same number of pixels.
const GRAIN: f32 = 14.0;

/// Returns the path of the image with this number.
pub(crate) fn path(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("{number}.jpg"))
}

/// Draws the missing images of `count` into `folder`. Returns the mean size of a file in bytes.
pub(crate) fn prepare(folder: &Path, count: usize) -> Result<u64> {
    fs_err::create_dir_all(folder)?;
    let missing: Vec<usize> = (0..count).filter(|number| !path(folder, *number).exists()).collect();
    if !missing.is_empty() {
        print_message(&format!("bench        drawing {} images into {}", missing.len(), folder.display()));
        let draw = |number: &usize| pipeline::write_atomic(path(folder, *number), &jpeg(&image(*number), QUALITY));
        missing.par_iter().try_for_each(draw)?;
    }
    let mut total = 0;
    for number in 0..count {
        total += fs_err::metadata(path(folder, number))?.len();
    }
    let mean = total / count as u64;
    ensure!((80_000..120_000).contains(&mean), "the mean size of the images is {mean} bytes instead of about 100,000");
    Ok(mean)
}

/// Draws waves of different lengths in each colour, and noise.
fn image(number: usize) -> RgbImage {
    let mut rng = ChaCha8Rng::seed_from_u64(number as u64);
    let waves: [[f32; 6]; 16] = std::array::from_fn(|_| {
        let frequency = [rng.random_range(-6.0..6.0), rng.random_range(-6.0..6.0)];
        let strength = [rng.random_range(-18.0..18.0), rng.random_range(-18.0..18.0), rng.random_range(-18.0..18.0)];
        [frequency[0], frequency[1], rng.random_range(0.0..6.3), strength[0], strength[1], strength[2]]
    });
    RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let (x, y) = (x as f32 / WIDTH as f32, y as f32 / HEIGHT as f32);
        let mut colour = [128.0 + rng.random_range(-GRAIN..GRAIN); 3];
        for [fx, fy, phase, strength @ ..] in &waves {
            let wave = ((fx * x + fy * y) * std::f32::consts::TAU + phase).sin();
            colour.iter_mut().zip(strength).for_each(|(value, strength)| *value += wave * strength);
        }
        Rgb(colour.map(|value| value.clamp(0.0, 255.0) as u8))
    })
}
