//! Convolutions of `f32` pictures on the processor, forward and backward, in safe Rust.
//!
//! Pictures are `[n, channels, height, width]`, filters `[filters, channels / groups, kernel height, kernel width]`, as in
//! ONNX. What is computed is ONNX's `Conv`: a correlation, `y[o] = bias + sum over k of w[k] x[stride o + dilation k - pad]`,
//! where what lies outside of the picture is zero.

#![forbid(unsafe_code)]

mod direct;
mod geometry;
mod threads;

pub use geometry::{Error, Geometry};
pub use threads::{OneThread, Threads};

use threads::Shares;

/// Filters laid out for [`Prepared::forward`].
#[derive(Clone, Debug)]
pub struct Prepared {
    geometry: Geometry,
    weight: Vec<f32>,
}

impl Prepared {
    /// Lays `weight`, `[filters, channels / groups, kernel height, kernel width]`, out for the processor.
    pub fn new(geometry: &Geometry, weight: &[f32], threads: &dyn Threads) -> Result<Self, Error> {
        let _ = threads;
        geometry.check()?;
        geometry.expect_weight(weight.len())?;
        Ok(Self { geometry: geometry.clone(), weight: weight.to_vec() })
    }

    /// What these filters were laid out for.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Reads `x`, `[n, channels, height, width]`, and fills `y`, `[n, filters, output height, output width]`: the
    /// convolution, `bias` (`[filters]`) added, and with `relu` what is negative set to zero. A picture's results have the
    /// same bits in any batch and with any number of threads.
    pub fn forward(
        &self,
        x: &[f32],
        bias: Option<&[f32]>,
        relu: bool,
        y: &mut [f32],
        threads: &dyn Threads,
    ) -> Result<(), Error> {
        let geometry = &self.geometry;
        geometry.expect_batch(x.len(), y.len())?;
        geometry.expect_bias(bias.map(<[f32]>::len))?;
        let plane = geometry.output().iter().product();
        let shares = Shares::new(y.chunks_mut(plane));
        threads.each(shares.len(), &|at| {
            shares.with(at, |y| {
                let (picture, filter) = (at / geometry.filters, at % geometry.filters);
                let x = &x[picture * geometry.read()..][..geometry.read()];
                direct::forward(geometry, &self.weight, filter, x, y);
                let bias = bias.map_or(0.0, |bias| bias[filter]);
                for y in y.iter_mut() {
                    *y += bias;
                    if relu {
                        *y = y.max(0.0);
                    }
                }
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
    geometry.expect_batch(dx.len(), dy.len())?;
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
    geometry.expect_batch(x.len(), dy.len())?;
    geometry.expect_bias(db.as_ref().map(|db| db.len()))?;
    let shares = Shares::new(dw.chunks_mut(geometry.taps()));
    threads.each(shares.len(), &|filter| {
        shares.with(filter, |dw| direct::filter_gradient(geometry, filter, x, dy, dw));
    });
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

/// Whether this crate is worth using for `geometry` instead of the runtime's own operator.
pub fn worthwhile(geometry: &Geometry) -> bool {
    let _ = geometry;
    false
}
