//! Convolutions with packed filters.

use super::direct;
use super::epilogue::Epilogue;
use super::geometry::Geometry;
use super::plan::ConvolutionPlan;
use super::tiled;
use crate::error::Error;
use crate::memory::PooledBuffer;
use crate::threads::{Shares, Threads};

/// A convolution whose filters are packed for [`PackedConvolution::forward`].
#[derive(Debug)]
pub struct PackedConvolution {
    geometry: Geometry,
    filters: Filters,
}

#[derive(Debug)]
enum Filters {
    /// The filters `[filters, channels / groups, kernel height, kernel width]`, as the caller passed them.
    Plain(Vec<f32>),
    /// The filters, transformed and packed for the tiles of a plan.
    Tiled(Box<ConvolutionPlan>, PooledBuffer),
}

impl PackedConvolution {
    /// Packs `weight`, `[filters, channels / groups, kernel height, kernel width]`.
    ///
    /// # Errors
    /// Returns an error if the convolution does not exist ([`Geometry::check`]) or if the weight has another length.
    pub fn new(geometry: &Geometry, weight: &[f32], threads: &dyn Threads) -> Result<Self, Error> {
        geometry.check()?;
        geometry.expect_weight(weight.len())?;
        let filters = match ConvolutionPlan::new(geometry) {
            Some(plan) => {
                let filters = tiled::pack_filters(&plan, weight, threads);
                Filters::Tiled(Box::new(plan), filters)
            }
            None => Filters::Plain(weight.to_vec()),
        };
        Ok(Self { geometry: geometry.clone(), filters })
    }

    /// Returns the geometry that the filters are packed for.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Convolves `x`, `[n, channels, height, width]`, applies the epilogue, and writes `y`.
    ///
    /// `y` is `[n, filters, output height, output width]`, or `[n, filters, windows down, windows right]` if the epilogue has a pooling.
    /// The results for an image have the same bits in every batch and with any number of threads.
    ///
    /// # Errors
    /// Returns an error if the lengths do not match or if a window of the pooling covers no pixel.
    pub fn forward(&self, x: &[f32], epilogue: &Epilogue, y: &mut [f32], threads: &dyn Threads) -> Result<(), Error> {
        let geometry = &self.geometry;
        let (size, plane) = (geometry.output_size(), geometry.output_size().iter().product());
        let written = epilogue.pool.map_or(plane, |pool| pool.output_len());
        epilogue.pool.map_or(Ok(()), |pool| pool.check(size))?;
        geometry.expect_batch(x.len(), y.len(), geometry.filters * written)?;
        geometry.expect_bias(epilogue.bias.map(<[f32]>::len))?;
        let weight = match &self.filters {
            Filters::Tiled(plan, filters) => {
                tiled::forward(plan, filters, x, epilogue, y, threads);
                return Ok(());
            }
            Filters::Plain(weight) => weight,
        };
        let shares = Shares::new(y.chunks_mut(written));
        threads.each(shares.len(), &|at| {
            let (image, filter) = (at / geometry.filters, at % geometry.filters);
            let x = &x[image * geometry.input_len()..][..geometry.input_len()];
            let bias = epilogue.bias.map_or(0.0, |bias| bias[filter]);
            let sums = |y: &mut [f32]| {
                direct::forward(geometry, weight, filter, x, y);
                for y in y {
                    *y += bias;
                    if epilogue.relu {
                        // A comparison with NaN is false, so NaN stays NaN.
                        *y = if *y < 0.0 { 0.0 } else { *y };
                    }
                }
            };
            shares.with(at, |y| match epilogue.pool {
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
