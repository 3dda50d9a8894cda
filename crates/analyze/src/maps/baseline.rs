//! The baselines of occlusion: the pixels that replace a covered part of an image.

use crate::view::Run;
use contract::config::Baseline;
use image::{Rgb, RgbImage, imageops};
use ndarray::Array3;
use rand::RngExt;
use zoo::Network;

/// Standard deviation of the Gaussian blur, as a share of the side of the image. It is 11 pixels for a side of 224.
const BLUR: f32 = 0.05;
/// Mid gray, the middle of the 8-bit range.
const GRAY: u8 = 128;

/// Returns the pixels that replace covered parts of `image`, as input of the network `[3, size, size]`.
pub(super) fn pixels(run: &Run, baseline: Baseline, network: &Network, image: &RgbImage, id: &str) -> Array3<f32> {
    let (width, height) = image.dimensions();
    match baseline {
        // The input transform subtracts the mean colour, so this colour is 0 in the input.
        Baseline::Mean => Array3::zeros((3, height as usize, width as usize)),
        Baseline::Gray => network.input.tensor(&RgbImage::from_pixel(width, height, Rgb([GRAY; 3]))),
        Baseline::Blur => blurred(network, image),
        Baseline::Noise => {
            let mut rng = run.rng(&format!("noise over {id}"));
            network.input.tensor(&RgbImage::from_fn(width, height, |_, _| Rgb(std::array::from_fn(|_| rng.random()))))
        }
    }
}

/// Returns the blurred image as input of the network.
pub(super) fn blurred(network: &Network, image: &RgbImage) -> Array3<f32> {
    network.input.tensor(&imageops::blur(image, (image.width() as f32 * BLUR).max(0.5)))
}
