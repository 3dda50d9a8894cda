//! Transforms of the filters, and of their gradients back.

#![allow(clippy::inline_always, reason = "a function is compiled for an instruction set only as part of its caller")]

use pulp::{Simd, WithSimd};

use super::plan::ConvolutionPlan;
use super::planes::{pack_planes, unpack_planes};
use crate::gemm::{PANEL_GROUPS, Panel};
use crate::memory::PooledBuffer;
use crate::simd::{LANES, Lanes};
use crate::toom_cook::points_for;
use crate::toom_cook::tile::filter_matrix;

/// Transforms the filters of one panel for one group of channels: `into` is `[points]`.
pub(crate) struct TransformFilters<'m> {
    pub(crate) plan: &'m ConvolutionPlan,
    pub(crate) weight: &'m [f32],
    pub(crate) panel: usize,
    pub(crate) group: usize,
    pub(crate) into: &'m mut [Panel],
}

impl WithSimd for TransformFilters<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { plan, weight, panel, group, into } = self;
        let (all, (from, count)) = (plan.geometry.filter_len(), filter_range(plan, group));
        let mut buffer = PooledBuffer::new(2 * count);
        let (lanes, rows) = buffer.lanes_mut().split_at_mut(count);
        let places: Vec<usize> = (0..count).collect();
        for part in 0..PANEL_GROUPS {
            let first = (panel * PANEL_GROUPS + part) * LANES;
            let rows = rows.as_flattened_mut();
            let filters = plan.geometry.filters.saturating_sub(first).min(LANES);
            for (row, at) in rows.chunks_exact_mut(count).zip(first..first + filters) {
                row.copy_from_slice(&weight[at * all + from..][..count]);
            }
            lanes.fill([0.0; LANES]);
            pack_planes(simd, &rows[..filters * count], &places, lanes);
            for channel in 0..LANES {
                let sources = sources(plan, group, channel);
                match plan.taps {
                    2 => transform::<S, 2, 7>(simd, lanes, sources, into, channel, part),
                    3 => transform::<S, 3, 7>(simd, lanes, sources, into, channel, part),
                    4 => transform::<S, 4, 8>(simd, lanes, sources, into, channel, part),
                    _ => transform::<S, 5, 8>(simd, lanes, sources, into, channel, part),
                }
            }
        }
    }
}

/// Transforms the gradients by the filters of one panel back: `from` is `[groups, points]`, `into` is
/// `[filters of the panel, channels, kernel height, kernel width]`.
pub(crate) struct TransformFilterGradients<'m> {
    pub(crate) plan: &'m ConvolutionPlan,
    pub(crate) from: &'m [Panel],
    pub(crate) into: &'m mut [f32],
}

impl WithSimd for TransformFilterGradients<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { plan, from, into } = self;
        let all = plan.geometry.filter_len();
        let mut buffer = PooledBuffer::new(PANEL_GROUPS * all);
        let lanes = buffer.lanes_mut();
        let parts = into.len().div_ceil(LANES * all);
        for (group, from) in from.chunks_exact(plan.points()).enumerate() {
            let first = filter_range(plan, group).0;
            for (part, lanes) in lanes.chunks_exact_mut(all).take(parts).enumerate() {
                let lanes = &mut lanes[first..];
                for channel in 0..LANES {
                    let from = |point: usize| &from[point][channel][part];
                    let sources = sources(plan, group, channel);
                    match plan.taps {
                        2 => transform_gradient::<S, 2, 7>(simd, from, sources, lanes),
                        3 => transform_gradient::<S, 3, 7>(simd, from, sources, lanes),
                        4 => transform_gradient::<S, 4, 8>(simd, from, sources, lanes),
                        _ => transform_gradient::<S, 5, 8>(simd, from, sources, lanes),
                    }
                }
            }
        }
        let places: Vec<usize> = (0..all).collect();
        for (lanes, into) in lanes.chunks_exact(all).zip(into.chunks_mut(LANES * all)) {
            unpack_planes(simd, lanes, &places, into);
        }
    }
}

/// Returns the first value of a filter that a group of channels reads, and the number of values.
fn filter_range(plan: &ConvolutionPlan, group: usize) -> (usize, usize) {
    let (phases, kernel) = (plan.phases[0] * plan.phases[1], plan.geometry.kernel[0] * plan.geometry.kernel[1]);
    let first = group * LANES / phases;
    let end = ((group + 1) * LANES).div_ceil(phases).min(plan.geometry.channels);
    (first * kernel, (end - first) * kernel)
}

/// Returns a function from a row and a column to the tap of one channel of a group, as an index within [`filter_range`]. The function
/// returns `None` past the edge of the filter.
fn sources(plan: &ConvolutionPlan, group: usize, channel: usize) -> impl Fn(usize, usize) -> Option<usize> + Copy {
    let ([down, right], [height, width]) = (plan.phases, plan.geometry.kernel);
    let phase = group * LANES + channel;
    let (inside, first) = (phase < plan.phase_channels(), phase / (down * right) * height * width);
    let first = first - filter_range(plan, group).0.min(first);
    let (i, j) = (phase / right % down, phase % right);
    move |row, column| {
        let (y, x) = (row * down + i, column * right + j);
        (inside && y < height && x < width).then_some(first + y * width + x)
    }
}

#[inline(always)]
fn transform<S: Simd, const R: usize, const N: usize>(
    simd: S,
    lanes: &[Lanes],
    sources: impl Fn(usize, usize) -> Option<usize>,
    into: &mut [Panel],
    channel: usize,
    part: usize,
) {
    let table = const {
        assert!(points_for(R) == N, "N is the number of points for R taps");
        filter_matrix::<R, N>()
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
fn transform_gradient<'m, S: Simd, const R: usize, const N: usize>(
    simd: S,
    from: impl Fn(usize) -> &'m Lanes,
    sources: impl Fn(usize, usize) -> Option<usize>,
    lanes: &mut [Lanes],
) {
    let table = const {
        assert!(points_for(R) == N, "N is the number of points for R taps");
        filter_matrix::<R, N>()
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
