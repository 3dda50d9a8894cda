//! The gradients of a convolution.

use super::direct;
use super::epilogue::Epilogue;
use super::geometry::Geometry;
use super::packed::PackedConvolution;
use super::plan::ConvolutionPlan;
use super::tiled;
use crate::error::Error;
use crate::threads::{Shares, Threads};

/// Computes the gradient by the input, `dx`, `[n, channels, height, width]`, from the gradient by the output, `dy`,
/// `[n, filters, output height, output width]`.
///
/// # Errors
/// Returns an error if the convolution does not exist ([`Geometry::check`]) or if the lengths do not match.
pub fn input_gradient(
    geometry: &Geometry,
    weight: &[f32],
    dy: &[f32],
    dx: &mut [f32],
    threads: &dyn Threads,
) -> Result<(), Error> {
    geometry.check()?;
    geometry.expect_weight(weight.len())?;
    geometry.expect_batch(dx.len(), dy.len(), geometry.output_len())?;
    if let Some(transposed) = transposed(geometry) {
        let weight = transposed_weight(geometry, weight);
        return PackedConvolution::new(&transposed, &weight, threads)?.forward(dy, &Epilogue::default(), dx, threads);
    }
    let plane = geometry.size.iter().product();
    let shares = Shares::new(dx.chunks_mut(plane));
    threads.each(shares.len(), &|at| {
        shares.with(at, |dx| {
            let (image, channel) = (at / geometry.channels, at % geometry.channels);
            let dy = &dy[image * geometry.output_len()..][..geometry.output_len()];
            direct::input_gradient(geometry, weight, channel, dy, dx);
        });
    });
    Ok(())
}

/// Returns the convolution that computes the gradient by the input from the gradient by the output. Its filters are reversed, and its
/// padding makes room for the windows that begin before the first pixel. Returns `None` if there are strides, dilations or groups, or if
/// the padding would be negative.
fn transposed(geometry: &Geometry) -> Option<Geometry> {
    let Geometry { channels, filters, kernel, strides, pads, dilations, groups, .. } = geometry.clone();
    let last = [0, 1, 2, 3].map(|side| (kernel[side % 2] - 1).checked_sub(pads[side]));
    let [Some(top), Some(left), Some(bottom), Some(right)] = last else { return None };
    let plain = strides == [1, 1] && dilations == [1, 1] && groups == 1;
    let (pads, size) = ([top, left, bottom, right], geometry.output_size());
    plain.then_some(Geometry { channels: filters, filters: channels, kernel, strides, pads, dilations, groups, size })
}

/// Returns the filters of [`transposed`], `[channels, filters, kernel height, kernel width]`, with the taps in reverse order.
fn transposed_weight(geometry: &Geometry, weight: &[f32]) -> Vec<f32> {
    let kernel = geometry.kernel[0] * geometry.kernel[1];
    let mut reversed = Vec::with_capacity(weight.len());
    for channel in 0..geometry.channels {
        for filter in weight.chunks_exact(geometry.filter_len()) {
            reversed.extend(filter[channel * kernel..][..kernel].iter().rev());
        }
    }
    reversed
}

/// Computes the gradients by the filters and the bias, summed over the batch, from `x`, `[n, channels, height, width]`, and the gradient
/// by the output, `dy`, `[n, filters, output height, output width]`.
///
/// `dw` is `[filters, channels / groups, kernel height, kernel width]`, `db` is `[filters]`.
///
/// # Errors
/// Returns an error if the convolution does not exist ([`Geometry::check`]) or if the lengths do not match.
pub fn filter_gradient(
    geometry: &Geometry,
    x: &[f32],
    dy: &[f32],
    dw: &mut [f32],
    db: Option<&mut [f32]>,
    threads: &dyn Threads,
) -> Result<(), Error> {
    geometry.check()?;
    geometry.expect_weight(dw.len())?;
    geometry.expect_batch(x.len(), dy.len(), geometry.output_len())?;
    geometry.expect_bias(db.as_ref().map(|db| db.len()))?;
    if let Some(plan) = ConvolutionPlan::new(geometry) {
        tiled::filter_gradient(&plan, x, dy, dw, threads);
    } else {
        let shares = Shares::new(dw.chunks_mut(geometry.filter_len()));
        threads.each(shares.len(), &|filter| {
            shares.with(filter, |dw| direct::filter_gradient(geometry, filter, x, dy, dw));
        });
    }
    if let Some(db) = db {
        let shares = Shares::new(db.iter_mut());
        let plane: usize = geometry.output_size().iter().product();
        threads.each(shares.len(), &|filter| {
            shares.with(filter, |db| {
                let planes = dy.chunks(geometry.output_len()).map(|dy| &dy[filter * plane..][..plane]);
                **db = planes.map(|plane| plane.iter().sum::<f32>()).sum();
            });
        });
    }
    Ok(())
}
