//! What a layer answers to the pictures of the data set.

use crate::view::Run;
use anyhow::{Context, Result};
use contract::{Dataset, Picture};
use ndarray::{Array2, ArrayD, Axis};
use pipeline::stop;

use crate::pictures;
use crate::tuned::{BATCH, Tuned};

/// Pictures that are in memory at once, in whole batches.
const HELD: usize = 16 * BATCH;

/// Answers to some pictures.
pub(crate) struct Features {
    /// Values of the layer, `[n, d]`.
    pub values: Array2<f32>,
    /// The class of highest probability, the first among equals.
    pub predicted: Vec<usize>,
}

/// Values of `tensor` for each of `pictures`, and what they are taken for. Pictures are let go of once they have been
/// through the network.
pub(crate) fn gather(
    run: &Run,
    tuned: &Tuned,
    dataset: &Dataset,
    pictures: &[&Picture],
    tensor: &str,
) -> Result<Features> {
    let probabilities = tuned.probabilities()?;
    let mut tensors = vec![probabilities];
    if tensor != probabilities {
        tensors.push(tensor);
    }
    let mut opened = tuned.open_at(&tensors)?;
    let progress = run.progress("sees all pictures", pictures.len());
    let (mut values, mut predicted) = (Vec::new(), Vec::new());
    for held in pictures.chunks(HELD) {
        let images = pictures::read(dataset, held, tuned.network.input.size)?;
        for some in images.chunks(BATCH) {
            stop::check()?;
            let outputs = opened.run(&tuned.network.input.batch(some))?;
            predicted.extend(first_classes(&outputs[0]));
            let own = outputs.last().context("the network gave nothing out")?;
            if values.is_empty() {
                values.reserve_exact(own.len() / some.len() * pictures.len());
            }
            values.extend(own.iter());
            progress.inc(some.len() as u64);
        }
    }
    progress.finish();
    let width = values.len() / pictures.len().max(1);
    Ok(Features { values: Array2::from_shape_vec((pictures.len(), width), values)?, predicted })
}

fn first_classes(probabilities: &ArrayD<f32>) -> Vec<usize> {
    let first = |row: ndarray::ArrayViewD<f32>| {
        let best = row.iter().enumerate().fold((0, f32::NEG_INFINITY), |b, (i, p)| if *p > b.1 { (i, *p) } else { b });
        best.0
    };
    probabilities.axis_iter(Axis(0)).map(first).collect()
}
