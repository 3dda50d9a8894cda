//! The features of a layer for the images of the data set.

use anyhow::{Context, Result};
use contract::{Dataset, ImageRow};
use inference::{BATCH, Error, argmax};
use ndarray::{Array2, Axis};
use pipeline::stop;

use crate::images;
use crate::tuned::Tuned;
use crate::view::Run;

/// The features of some images.
pub(crate) struct Features {
    /// Values of the layer, `[n, d]`.
    pub values: Array2<f32>,
    /// Index of the most probable class of each image.
    pub predicted: Vec<usize>,
}

/// Computes the values of `tensor` and the most probable class for the image of each of `rows`, in their order.
///
/// # Errors
/// An image cannot be read, or the network gives NaN for it. The message names the image.
pub(crate) fn gather(
    run: &Run,
    tuned: &Tuned,
    dataset: &Dataset,
    rows: &[&ImageRow],
    tensor: &str,
) -> Result<Features> {
    let probabilities = tuned.probabilities()?;
    let mut tensors = vec![probabilities];
    if tensor != probabilities {
        tensors.push(tensor);
    }
    let mut layers = tuned.layers(&tensors)?;
    let progress = run.progress("computing features", rows.len());
    let (mut values, mut predicted) = (Vec::new(), Vec::new());
    let read = |at: usize| images::read(dataset, rows[at], tuned.network.input.size);
    inference::in_batches(rows.len(), BATCH, read, |first, images| {
        stop::check()?;
        let outputs = layers.run(&images)?;
        for (output, row) in outputs[0].axis_iter(Axis(0)).zip(&rows[first..]) {
            let class = argmax(output.iter().copied());
            predicted.push(class.ok_or_else(|| Error::NotANumber { image: row.source.clone() })?);
        }
        let own = outputs.last().context("the network has no output")?;
        if values.is_empty() {
            values.reserve_exact(own.len() / images.len() * rows.len());
        }
        values.extend(own.iter());
        progress.inc(images.len() as u64);
        anyhow::Ok(())
    })?;
    progress.finish();
    let width = values.len() / rows.len().max(1);
    Ok(Features { values: Array2::from_shape_vec((rows.len(), width), values)?, predicted })
}
