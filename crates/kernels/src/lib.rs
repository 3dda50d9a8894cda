//! Convolutions of `f32` pictures on the processor, forward and backward, in safe Rust.
//!
//! Pictures are `[n, channels, height, width]`, filters `[filters, channels / groups, kernel height, kernel width]`, as in
//! ONNX. What is computed is ONNX's `Conv`: a correlation, `y[o] = bias + sum over k of w[k] x[stride o + dilation k - pad]`,
//! where what lies outside of the picture is zero.

#![forbid(unsafe_code)]

pub mod dense;
mod direct;
mod edge;
mod filters;
mod finish;
mod geometry;
mod matrices;
mod pixels;
mod plan;
mod processor;
mod product;
mod sparse;
mod spectra;
mod threads;
mod tiles;
pub mod toom_cook;
mod transpose;
mod winograd;

pub use finish::{Finish, Pool};
pub use geometry::{Error, Geometry};
pub use matrices::Matrices;
pub use sparse::Sparse;
pub use spectra::{LANES, Lanes, Scratch};
pub use threads::{OneThread, Threads};

use plan::Plan;
use threads::Shares;

/// Filters laid out for [`Prepared::forward`].
#[derive(Debug)]
pub struct Prepared {
    geometry: Geometry,
    filters: Filters,
}

#[derive(Debug)]
enum Filters {
    AsGiven(Vec<f32>),
    Transformed(Box<Plan>, Scratch),
}

impl Prepared {
    /// Lays `weight`, `[filters, channels / groups, kernel height, kernel width]`, out for the processor.
    pub fn new(geometry: &Geometry, weight: &[f32], threads: &dyn Threads) -> Result<Self, Error> {
        geometry.check()?;
        geometry.expect_weight(weight.len())?;
        let filters = match Plan::new(geometry) {
            Some(plan) => {
                let filters = winograd::prepare(&plan, weight, threads);
                Filters::Transformed(Box::new(plan), filters)
            }
            None => Filters::AsGiven(weight.to_vec()),
        };
        Ok(Self { geometry: geometry.clone(), filters })
    }

    /// What these filters were laid out for.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Reads `x`, `[n, channels, height, width]`, and fills `y`, `[n, filters, output height, output width]`, or as many windows
    /// as there are in `finish`. A picture's results have the same bits in any batch and with any number of threads.
    pub fn forward(&self, x: &[f32], finish: &Finish, y: &mut [f32], threads: &dyn Threads) -> Result<(), Error> {
        let geometry = &self.geometry;
        let (size, plane) = (geometry.output(), geometry.output().iter().product());
        let written = finish.pool.map_or(plane, |pool| pool.written());
        finish.pool.map_or(Ok(()), |pool| pool.check(size))?;
        geometry.expect_batch(x.len(), y.len(), geometry.filters * written)?;
        geometry.expect_bias(finish.bias.map(<[f32]>::len))?;
        let weight = match &self.filters {
            Filters::Transformed(plan, filters) => {
                winograd::forward(plan, filters, x, finish, y, threads);
                return Ok(());
            }
            Filters::AsGiven(weight) => weight,
        };
        let shares = Shares::new(y.chunks_mut(written));
        threads.each(shares.len(), &|at| {
            let (picture, filter) = (at / geometry.filters, at % geometry.filters);
            let x = &x[picture * geometry.read()..][..geometry.read()];
            let bias = finish.bias.map_or(0.0, |bias| bias[filter]);
            let sums = |y: &mut [f32]| {
                direct::forward(geometry, weight, filter, x, y);
                for y in y {
                    *y += bias;
                    if finish.relu {
                        // What is no number stays none.
                        *y = if *y < 0.0 { 0.0 } else { *y };
                    }
                }
            };
            shares.with(at, |y| match finish.pool {
                Some(pool) => {
                    let mut whole = vec![0.0; plane];
                    sums(&mut whole);
                    pool.largest(&whole, size[1], size, y, f32::max);
                }
                None => sums(y),
            });
        });
        Ok(())
    }
}

/// Fills `dx`, `[n, channels, height, width]`, with the gradient by the picture, given that by the output, `dy`,
/// `[n, filters, output height, output width]`.
pub fn input_gradient(
    geometry: &Geometry,
    weight: &[f32],
    dy: &[f32],
    dx: &mut [f32],
    threads: &dyn Threads,
) -> Result<(), Error> {
    geometry.check()?;
    geometry.expect_weight(weight.len())?;
    geometry.expect_batch(dx.len(), dy.len(), geometry.written())?;
    if let Some(reverse) = reverse(geometry) {
        let turned = turn(geometry, weight);
        return Prepared::new(&reverse, &turned, threads)?.forward(dy, &Finish::default(), dx, threads);
    }
    let plane = geometry.size.iter().product();
    let shares = Shares::new(dx.chunks_mut(plane));
    threads.each(shares.len(), &|at| {
        shares.with(at, |dx| {
            let (picture, channel) = (at / geometry.channels, at % geometry.channels);
            let dy = &dy[picture * geometry.written()..][..geometry.written()];
            direct::input_gradient(geometry, weight, channel, dy, dx);
        });
    });
    Ok(())
}

/// The convolution that takes the gradient by the output to that by the picture: with the filters turned round, and padding
/// for the windows that begin before the first pixel. None with strides, in groups, or where that padding is negative.
fn reverse(geometry: &Geometry) -> Option<Geometry> {
    let Geometry { channels, filters, kernel, strides, pads, dilations, groups, .. } = geometry.clone();
    let last = [0, 1, 2, 3].map(|side| (kernel[side % 2] - 1).checked_sub(pads[side]));
    let [Some(top), Some(left), Some(bottom), Some(right)] = last else { return None };
    let plain = strides == [1, 1] && dilations == [1, 1] && groups == 1;
    let (pads, size) = ([top, left, bottom, right], geometry.output());
    plain.then_some(Geometry { channels: filters, filters: channels, kernel, strides, pads, dilations, groups, size })
}

/// The filters of [`reverse`]: `[channels, filters, kernel height, kernel width]`, the taps from last to first.
fn turn(geometry: &Geometry, weight: &[f32]) -> Vec<f32> {
    let kernel = geometry.kernel[0] * geometry.kernel[1];
    let mut turned = Vec::with_capacity(weight.len());
    for channel in 0..geometry.channels {
        for filter in weight.chunks_exact(geometry.taps()) {
            turned.extend(filter[channel * kernel..][..kernel].iter().rev());
        }
    }
    turned
}

/// Fills `dw`, shaped as the filters, and `db`, `[filters]`, with the gradients by filters and bias, summed over the batch,
/// given `x`, `[n, channels, height, width]`, and the gradient by the output, `dy`, `[n, filters, output height, output width]`.
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
    geometry.expect_batch(x.len(), dy.len(), geometry.written())?;
    geometry.expect_bias(db.as_ref().map(|db| db.len()))?;
    if let Some(plan) = Plan::new(geometry) {
        winograd::filter_gradient(&plan, x, dy, dw, threads);
    } else {
        let shares = Shares::new(dw.chunks_mut(geometry.taps()));
        threads.each(shares.len(), &|filter| {
            shares.with(filter, |dw| direct::filter_gradient(geometry, filter, x, dy, dw));
        });
    }
    if let Some(db) = db {
        let shares = Shares::new(db.iter_mut());
        let plane: usize = geometry.output().iter().product();
        threads.each(shares.len(), &|filter| {
            shares.with(filter, |db| {
                let planes = dy.chunks(geometry.written()).map(|dy| &dy[filter * plane..][..plane]);
                **db = planes.map(|plane| plane.iter().sum::<f32>()).sum();
            });
        });
    }
    Ok(())
}

/// Whether this crate is worth using for `geometry` instead of the runtime's own operator: where there is a form by tiles, and
/// what that takes for a picture, with the rates of `examples/layers.rs`, is less than what a sum as it is written down takes
/// at the runtime's rate. Never where a picture's tiles take more than 64 MiB, in groups, with dilations, or with windows that
/// are not square once strides are phases.
pub fn worthwhile(geometry: &Geometry) -> bool {
    geometry.check().is_ok() && Plan::new(geometry).is_some_and(|plan| plan.pays())
}
