//! What covers a part of an image, as a whole image to cut it from.

use crate::view::Run;
use contract::config::Baseline;
use image::{Rgb, RgbImage, imageops};
use ndarray::Array3;
use rand::RngExt;
use zoo::Network;

/// Standard deviation of the Gaussian that blurs, as a share of the image's side: 11 pixels of 224.
const BLUR: f32 = 0.05;
/// The middle of the 8-bit values.
const GRAY: u8 = 128;

/// What lies over the image `image`, as the network's input `[3, size, size]`.
pub(super) fn cover(run: &Run, baseline: Baseline, network: &Network, image: &RgbImage, id: &str) -> Array3<f32> {
    let (width, height) = image.dimensions();
    match baseline {
        // The input transform subtracts the mean colour: that colour is 0 here.
        Baseline::Mean => Array3::zeros((3, height as usize, width as usize)),
        Baseline::Gray => network.input.tensor(&RgbImage::from_pixel(width, height, Rgb([GRAY; 3]))),
        Baseline::Blur => blurred(network, image),
        Baseline::Noise => {
            let mut rng = run.rng(&format!("noise over {id}"));
            network.input.tensor(&RgbImage::from_fn(width, height, |_, _| Rgb(std::array::from_fn(|_| rng.random()))))
        }
    }
}

/// The image without its details, as the network's input.
pub(super) fn blurred(network: &Network, image: &RgbImage) -> Array3<f32> {
    network.input.tensor(&imageops::blur(image, (image.width() as f32 * BLUR).max(0.5)))
}
