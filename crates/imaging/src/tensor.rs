//! Pictures as a network takes them: planes of floats, `[3, height, width]`.

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

/// The tensor `[3, height, width]` of `img`: each value is `(sample * scale - mean) / std` with
/// samples in 0..=255, and `mean` and `std` in the tensor's own channel order.
pub fn nchw(img: &RgbImage, order: ChannelOrder, scale: f32, mean: [f32; 3], std: [f32; 3]) -> Array3<f32> {
    let (width, height) = (img.width() as usize, img.height() as usize);
    let source = match order {
        ChannelOrder::Rgb => [0, 1, 2],
        ChannelOrder::Bgr => [2, 1, 0],
    };
    // A sample has only 256 values: the same arithmetic for every pixel, done once for each.
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
