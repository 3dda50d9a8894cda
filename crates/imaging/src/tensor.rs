//! Converts images to the input tensors of networks.

use image::RgbImage;
use ndarray::Array3;

/// The order of the three colour planes in a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelOrder {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
}

/// Converts `img` to a tensor `[3, height, width]`.
///
/// Each value is `(sample * scale - mean) / std`. Samples are 0 to 255. `mean` and `std` are in the tensor's order of channels.
pub fn nchw(img: &RgbImage, order: ChannelOrder, scale: f32, mean: [f32; 3], std: [f32; 3]) -> Array3<f32> {
    let (width, height) = (img.width() as usize, img.height() as usize);
    let source = match order {
        ChannelOrder::Rgb => [0, 1, 2],
        ChannelOrder::Bgr => [2, 1, 0],
    };
    // A sample has 256 possible values, so the arithmetic is done once for each value.
    let tables: [[f32; 256]; 3] = std::array::from_fn(|channel| {
        std::array::from_fn(|sample| (sample as f32 * scale - mean[channel]) / std[channel])
    });
    let mut tensor = Array3::zeros((3, height, width));
    for ((mut plane, table), channel) in tensor.outer_iter_mut().zip(&tables).zip(source) {
        for (value, pixel) in plane.iter_mut().zip(img.as_raw().chunks_exact(3)) {
            *value = table[usize::from(pixel[channel])];
        }
    }
    tensor
}
