//! Blocks of differences to their values at Toom and Cook's points, and products at the points to what they add.

#![allow(clippy::inline_always, reason = "only what is part of the dispatched function is made for its processor")]

use kernels::{LANES, Lanes};
use pulp::{Simd, WithSimd};

use super::regions::{Plane, Regions};
use crate::Rect;

/// A block: its window, and its place in the window's rectangle.
#[derive(Clone, Copy)]
pub(super) struct Tile {
    pub(super) window: usize,
    pub(super) y: usize,
    pub(super) x: usize,
}

/// Evaluates blocks of `M` x `M` differences from `plane` at `T` x `T` points: `rows` is `[points, pitch]`, of which
/// `[groups of channels, tiles]` are used.
pub(super) struct Gather<'m, const M: usize, const T: usize> {
    pub(super) evaluate: &'m [f32],
    pub(super) tiles: &'m [Tile],
    pub(super) input: &'m Regions,
    pub(super) plane: &'m Plane,
    pub(super) rows: &'m mut [Lanes],
    pub(super) pitch: usize,
}

impl<const M: usize, const T: usize> WithSimd for Gather<'_, M, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { evaluate, tiles, input, plane, rows, pitch } = self;
        let matrix = rows_of::<M, T>(evaluate);
        let channels = input.channels;
        let mut half = [[simd.splat_f32s(0.0); M]; T];
        // A window's blocks lie side by side in the rows, so that neighbouring lines are written one after the other.
        let mut before = 0;
        for tiles_here in tiles.chunk_by(|one, next| one.window == next.window) {
            for (group, c) in (0..channels).step_by(LANES).enumerate() {
                let count = LANES.min(channels - c);
                for (place, tile) in (before..).zip(tiles_here) {
                    let block = differences::<M>(input, plane, *tile, c..c + count);
                    for piece in 0..LANES / S::F32_LANES {
                        for (j, column) in block.iter().enumerate() {
                            let mut x = [simd.splat_f32s(0.0); M];
                            for (x, lanes) in x.iter_mut().zip(column) {
                                *x = S::as_simd_f32s(lanes).0[piece];
                            }
                            for (half, value) in half.iter_mut().zip(times(simd, &matrix, &x)) {
                                half[j] = value;
                            }
                        }
                        let mut at = group * tiles.len() + place;
                        for half in &half {
                            for value in times(simd, &matrix, half) {
                                S::as_mut_simd_f32s(&mut rows[at]).0[piece] = value;
                                at += pitch;
                            }
                        }
                    }
                }
            }
            before += tiles_here.len();
        }
    }
}

/// The columns of a block's differences, 0 where the rectangle ends before it.
#[inline(always)]
fn differences<const M: usize>(
    input: &Regions,
    plane: &Plane,
    tile: Tile,
    channels: std::ops::Range<usize>,
) -> [[Lanes; M]; M] {
    let (rect, values, all) = (input.rects[tile.window], input.of(tile.window), input.channels);
    let (down, across) = (M.min(rect.height - tile.y), M.min(rect.width - tile.x));
    let mut block = [[[0.0; LANES]; M]; M];
    for i in 0..down {
        let from = ((tile.y + i) * rect.width + tile.x) * all;
        let values = &values[from..][..across * all];
        let was = plane.run(rect.top + tile.y + i, rect.left + tile.x, across);
        for ((column, values), was) in block.iter_mut().zip(values.chunks_exact(all)).zip(was.chunks_exact(all)) {
            let (is, was) = (load(&values[channels.clone()]), load(&was[channels.clone()]));
            for lane in 0..LANES {
                column[i][lane] = is[lane] - was[lane];
            }
        }
    }
    block
}

/// Adds what the products at `T` x `T` points, laid out as [`Gather`]'s rows, give to `output`.
pub(super) struct Scatter<'m, const T: usize> {
    pub(super) interpolate: &'m [f32],
    pub(super) tiles: &'m [Tile],
    /// The rectangles that the blocks lie in.
    pub(super) rects: &'m [Rect],
    /// By how many places a block's output begins before the block, down and across.
    pub(super) offsets: [isize; 2],
    pub(super) sums: &'m [Lanes],
    pub(super) pitch: usize,
    pub(super) output: &'m mut Regions,
}

impl<const T: usize> WithSimd for Scatter<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { interpolate, tiles, rects, offsets, sums, pitch, output } = self;
        let matrix = rows_of::<T, T>(interpolate);
        let channels = output.channels;
        let mut half = [[simd.splat_f32s(0.0); T]; T];
        let mut block = [[[0.0; LANES]; T]; T];
        let mut before = 0;
        for tiles_here in tiles.chunk_by(|one, next| one.window == next.window) {
            for (group, c) in (0..channels).step_by(LANES).enumerate() {
                let count = LANES.min(channels - c);
                for (place, tile) in (before..).zip(tiles_here) {
                    let first = group * tiles.len() + place;
                    for piece in 0..LANES / S::F32_LANES {
                        for b in 0..T {
                            let mut x = [simd.splat_f32s(0.0); T];
                            for (a, x) in x.iter_mut().enumerate() {
                                *x = S::as_simd_f32s(&sums[(a * T + b) * pitch + first]).0[piece];
                            }
                            for (half, value) in half.iter_mut().zip(times(simd, &matrix, &x)) {
                                half[b] = value;
                            }
                        }
                        for (row, half) in block.iter_mut().zip(&half) {
                            for (lanes, value) in row.iter_mut().zip(times(simd, &matrix, half)) {
                                S::as_mut_simd_f32s(lanes).0[piece] = value;
                            }
                        }
                    }
                    let (from, to) = (rects[tile.window], output.rects[tile.window]);
                    // Where the block's output lies in the output's rectangle, which may begin later.
                    let top = (from.top + tile.y) as isize + offsets[0] - to.top as isize;
                    let left = (from.left + tile.x) as isize + offsets[1] - to.left as isize;
                    let rows_in = (-top).max(0) as usize..(to.height as isize - top).clamp(0, T as isize) as usize;
                    let columns_in = (-left).max(0) as usize..(to.width as isize - left).clamp(0, T as isize) as usize;
                    let values = output.of_mut(tile.window);
                    for a in rows_in {
                        for b in columns_in.clone() {
                            let place = (top + a as isize) as usize * to.width + (left + b as isize) as usize;
                            add(&mut values[place * channels + c..][..count], &block[a][b]);
                        }
                    }
                }
            }
            before += tiles_here.len();
        }
    }
}

/// `matrix * x`, lane by lane.
#[inline(always)]
fn times<S: Simd, const FROM: usize, const TO: usize>(
    simd: S,
    matrix: &[[f32; FROM]; TO],
    x: &[S::f32s; FROM],
) -> [S::f32s; TO] {
    let mut sums = [simd.splat_f32s(0.0); TO];
    for to in 0..TO {
        sums[to] = simd.mul_f32s(simd.splat_f32s(matrix[to][0]), x[0]);
        for from in 1..FROM {
            sums[to] = simd.mul_add_e_f32s(simd.splat_f32s(matrix[to][from]), x[from], sums[to]);
        }
    }
    sums
}

/// The rows of a flat matrix.
fn rows_of<const FROM: usize, const TO: usize>(flat: &[f32]) -> [[f32; FROM]; TO] {
    let mut rows = [[0.0; FROM]; TO];
    for (row, values) in rows.iter_mut().zip(flat.chunks_exact(FROM)) {
        row.copy_from_slice(values);
    }
    rows
}

/// Up to [`LANES`] values, and zeros behind them.
#[inline(always)]
pub(super) fn load(from: &[f32]) -> Lanes {
    if let Some(lanes) = from.first_chunk() {
        return *lanes;
    }
    let mut lanes = [0.0; LANES];
    lanes[..from.len()].copy_from_slice(from);
    lanes
}

/// Adds as many of `lanes` as there are `values`.
#[inline(always)]
pub(super) fn add(values: &mut [f32], lanes: &Lanes) {
    if let Some(values) = values.first_chunk_mut::<LANES>() {
        for lane in 0..LANES {
            values[lane] += lanes[lane];
        }
        return;
    }
    for (value, lane) in values.iter_mut().zip(lanes) {
        *value += lane;
    }
}
