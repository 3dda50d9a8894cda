//! The input and the result of the methods that compute saliency maps.

use anyhow::Result;
use contract::config::Method;
use image::RgbImage;
use ndarray::{Array2, Array3};
use ndarray_npy::WriteNpyExt;

use crate::view::Run;

/// The image that a method explains.
pub(super) struct Subject<'a> {
    /// Id of the image.
    pub id: &'a str,
    /// The image, `size` x `size` pixels.
    pub image: &'a RgbImage,
    /// The input of the network, `[3, size, size]`.
    pub input: Array3<f32>,
}

/// The saliency map of one method. A higher value means more influence on the decision.
pub(super) struct SaliencyMap {
    pub method: Method,
    /// The values, `[size, size]`.
    pub values: Array2<f32>,
    /// The quantity of the values with its unit, for the caption.
    pub quantity: &'static str,
    /// The smallest value that has full colour in the overlay. Maps with smaller values only are drawn pale.
    pub full_colour: f32,
}

/// Writes the values of an array as `.npy`.
pub(super) fn write_array(run: &Run, file: &str, values: &Array2<f32>) -> Result<()> {
    let mut bytes = Vec::new();
    values.write_npy(&mut bytes)?;
    run.write(file, &bytes)
}
