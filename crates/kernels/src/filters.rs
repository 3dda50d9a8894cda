//! Filters, transformed, and their gradients, back.

#![allow(clippy::inline_always, reason = "only what is part of the dispatched function is made for its processor")]

use crate::pixels::{gather, spread};
use crate::plan::Plan;
use crate::product::{Panel, WIDE};
use crate::spectra::{LANES, Lanes, Scratch};
use crate::toom_cook::{length, taps};
use pulp::{Simd, WithSimd};

/// Transforms the filters of one panel for one group of channels: `into` is `[products]`.
pub(crate) struct Prepare<'m> {
    pub(crate) plan: &'m Plan,
    pub(crate) weight: &'m [f32],
    pub(crate) panel: usize,
    pub(crate) group: usize,
    pub(crate) into: &'m mut [Panel],
}

impl WithSimd for Prepare<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { plan, weight, panel, group, into } = self;
        let (all, (from, count)) = (plan.geometry.taps(), share(plan, group));
        let mut scratch = Scratch::new(2 * count);
        let (lanes, rows) = scratch.lanes_mut().split_at_mut(count);
        let places: Vec<usize> = (0..count).collect();
        for part in 0..WIDE {
            let first = (panel * WIDE + part) * LANES;
            let rows = rows.as_flattened_mut();
            let filters = plan.geometry.filters.saturating_sub(first).min(LANES);
            for (row, at) in rows.chunks_exact_mut(count).zip(first..first + filters) {
                row.copy_from_slice(&weight[at * all + from..][..count]);
            }
            lanes.fill([0.0; LANES]);
            spread(simd, &rows[..filters * count], &places, lanes);
            for channel in 0..LANES {
                let sources = sources(plan, group, channel);
                match plan.taps {
                    2 => forth::<S, 2, 7>(simd, lanes, sources, into, channel, part),
                    3 => forth::<S, 3, 7>(simd, lanes, sources, into, channel, part),
                    4 => forth::<S, 4, 8>(simd, lanes, sources, into, channel, part),
                    _ => forth::<S, 5, 8>(simd, lanes, sources, into, channel, part),
                }
            }
        }
    }
}

/// Transforms the gradients by the filters of one panel back: `from` is `[groups, products]`, `into` is
/// `[filters of the panel, channels, kernel height, kernel width]`.
pub(crate) struct Gradient<'m> {
    pub(crate) plan: &'m Plan,
    pub(crate) from: &'m [Panel],
    pub(crate) into: &'m mut [f32],
}

impl WithSimd for Gradient<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { plan, from, into } = self;
        let all = plan.geometry.taps();
        let mut scratch = Scratch::new(WIDE * all);
        let lanes = scratch.lanes_mut();
        let parts = into.len().div_ceil(LANES * all);
        for (group, from) in from.chunks_exact(plan.products()).enumerate() {
            let first = share(plan, group).0;
            for (part, lanes) in lanes.chunks_exact_mut(all).take(parts).enumerate() {
                let lanes = &mut lanes[first..];
                for channel in 0..LANES {
                    let from = |product: usize| &from[product][channel][part];
                    let sources = sources(plan, group, channel);
                    match plan.taps {
                        2 => again::<S, 2, 7>(simd, from, sources, lanes),
                        3 => again::<S, 3, 7>(simd, from, sources, lanes),
                        4 => again::<S, 4, 8>(simd, from, sources, lanes),
                        _ => again::<S, 5, 8>(simd, from, sources, lanes),
                    }
                }
            }
        }
        let places: Vec<usize> = (0..all).collect();
        for (lanes, into) in lanes.chunks_exact(all).zip(into.chunks_mut(LANES * all)) {
            gather(simd, lanes, &places, into);
        }
    }
}

/// The first tap of a filter that a group of channels takes, and how many.
fn share(plan: &Plan, group: usize) -> (usize, usize) {
    let (phases, kernel) = (plan.phases[0] * plan.phases[1], plan.geometry.kernel[0] * plan.geometry.kernel[1]);
    let first = group * LANES / phases;
    let end = ((group + 1) * LANES).div_ceil(phases).min(plan.geometry.channels);
    (first * kernel, (end - first) * kernel)
}

/// Where a channel of a group finds its tap in a row and column, within [`share`]; none past the filter's edge.
fn sources(plan: &Plan, group: usize, channel: usize) -> impl Fn(usize, usize) -> Option<usize> + Copy {
    let ([down, right], [height, width]) = (plan.phases, plan.geometry.kernel);
    let phase = group * LANES + channel;
    let (inside, first) = (phase < plan.channels(), phase / (down * right) * height * width);
    let first = first - share(plan, group).0.min(first);
    let (i, j) = (phase / right % down, phase % right);
    move |row, column| {
        let (y, x) = (row * down + i, column * right + j);
        (inside && y < height && x < width).then_some(first + y * width + x)
    }
}

#[inline(always)]
fn forth<S: Simd, const R: usize, const N: usize>(
    simd: S,
    lanes: &[Lanes],
    sources: impl Fn(usize, usize) -> Option<usize>,
    into: &mut [Panel],
    channel: usize,
    part: usize,
) {
    let table = const {
        assert!(length(R) == N, "points of these taps");
        taps::<R, N>()
    };
    for piece in 0..LANES / S::F32_LANES {
        let mut half = [[simd.splat_f32s(0.0); N]; R];
        for (row, half) in half.iter_mut().enumerate() {
            for column in 0..R {
                let Some(at) = sources(row, column) else { continue };
                let tap = S::as_simd_f32s(&lanes[at]).0[piece];
                for (sum, factors) in half.iter_mut().zip(&table) {
                    *sum = simd.mul_add_e_f32s(simd.splat_f32s(factors[column]), tap, *sum);
                }
            }
        }
        for (row, factors) in table.iter().enumerate() {
            for column in 0..N {
                let mut sum = simd.splat_f32s(0.0);
                for (half, &factor) in half.iter().zip(factors) {
                    sum = simd.mul_add_e_f32s(simd.splat_f32s(factor), half[column], sum);
                }
                S::as_mut_simd_f32s(&mut into[row * N + column][channel][part]).0[piece] = sum;
            }
        }
    }
}

#[inline(always)]
fn again<'m, S: Simd, const R: usize, const N: usize>(
    simd: S,
    from: impl Fn(usize) -> &'m Lanes,
    sources: impl Fn(usize, usize) -> Option<usize>,
    lanes: &mut [Lanes],
) {
    let table = const {
        assert!(length(R) == N, "points of these taps");
        taps::<R, N>()
    };
    for piece in 0..LANES / S::F32_LANES {
        let mut half = [[simd.splat_f32s(0.0); R]; N];
        for (row, half) in half.iter_mut().enumerate() {
            for (column, factors) in table.iter().enumerate() {
                let product = S::as_simd_f32s(from(row * N + column)).0[piece];
                for (sum, &factor) in half.iter_mut().zip(factors) {
                    *sum = simd.mul_add_e_f32s(simd.splat_f32s(factor), product, *sum);
                }
            }
        }
        for row in 0..R {
            for column in 0..R {
                let Some(at) = sources(row, column) else { continue };
                let mut sum = simd.splat_f32s(0.0);
                for (half, factors) in half.iter().zip(&table) {
                    sum = simd.mul_add_e_f32s(simd.splat_f32s(factors[row]), half[column], sum);
                }
                S::as_mut_simd_f32s(&mut lanes[at]).0[piece] = sum;
            }
        }
    }
}
