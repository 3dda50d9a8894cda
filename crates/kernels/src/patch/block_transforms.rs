//! The transforms of blocks. `Evaluate` evaluates the differences of a block at the points. `Interpolate` turns the products at the points
//! into changes of the output.

#![allow(clippy::inline_always, reason = "a function is compiled for an instruction set only as part of its caller")]

use pulp::{Simd, WithSimd};

use super::patches::{Baseline, Patches};
use super::rect::Rect;
use crate::simd::{LANES, Lanes, add_lanes, padded_lanes};
use crate::toom_cook::dot;

/// A block of the rectangle that changes in one variant of the image.
#[derive(Clone, Copy)]
pub(super) struct Block {
    /// The index of the variant.
    pub(super) variant: usize,
    /// The first row of the block in the rectangle.
    pub(super) y: usize,
    /// The first column of the block in the rectangle.
    pub(super) x: usize,
}

/// Evaluates blocks of `M` x `M` differences from `baseline` at `T` x `T` points. `rows` is `[points, leading dimension]`. Each of its
/// rows begins with the values `[groups of channels, blocks]`. The rest of the row is unused.
pub(super) struct Evaluate<'m, const M: usize, const T: usize> {
    /// `[T, M]`
    pub(super) matrix: &'m [f32],
    pub(super) blocks: &'m [Block],
    pub(super) input: &'m Patches,
    pub(super) baseline: &'m Baseline,
    pub(super) rows: &'m mut [Lanes],
    pub(super) leading_dimension: usize,
}

impl<const M: usize, const T: usize> WithSimd for Evaluate<'_, M, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { matrix, blocks, input, baseline, rows, leading_dimension } = self;
        let matrix = rows_of::<M, T>(matrix);
        let channels = input.channels();
        let mut half = [[simd.splat_f32s(0.0); M]; T];
        // The blocks of a variant are contiguous in the rows, so consecutive blocks write consecutive cache lines.
        let mut before = 0;
        for blocks_here in blocks.chunk_by(|one, next| one.variant == next.variant) {
            for (group, c) in (0..channels).step_by(LANES).enumerate() {
                let count = LANES.min(channels - c);
                for (place, block) in (before..).zip(blocks_here) {
                    let columns = differences::<M>(input, baseline, *block, c..c + count);
                    for piece in 0..LANES / S::F32_LANES {
                        for (j, column) in columns.iter().enumerate() {
                            let mut x = [simd.splat_f32s(0.0); M];
                            for (x, lanes) in x.iter_mut().zip(column) {
                                *x = S::as_simd_f32s(lanes).0[piece];
                            }
                            for (half, value) in half.iter_mut().zip(times(simd, &matrix, &x)) {
                                half[j] = value;
                            }
                        }
                        let mut at = group * blocks.len() + place;
                        for half in &half {
                            for value in times(simd, &matrix, half) {
                                S::as_mut_simd_f32s(&mut rows[at]).0[piece] = value;
                                at += leading_dimension;
                            }
                        }
                    }
                }
            }
            before += blocks_here.len();
        }
    }
}

/// Returns the columns of a block of differences, with zeros behind the end of the rectangle.
#[inline(always)]
fn differences<const M: usize>(
    input: &Patches,
    baseline: &Baseline,
    block: Block,
    channels: std::ops::Range<usize>,
) -> [[Lanes; M]; M] {
    let (rect, values, all) = (input.rects()[block.variant], input.of(block.variant), input.channels());
    let (down, across) = (M.min(rect.height - block.y), M.min(rect.width - block.x));
    let mut columns = [[[0.0; LANES]; M]; M];
    for i in 0..down {
        let from = ((block.y + i) * rect.width + block.x) * all;
        let values = &values[from..][..across * all];
        let was = baseline.run(rect.top + block.y + i, rect.left + block.x, across);
        for ((column, values), was) in columns.iter_mut().zip(values.chunks_exact(all)).zip(was.chunks_exact(all)) {
            let (is, was) = (padded_lanes(&values[channels.clone()]), padded_lanes(&was[channels.clone()]));
            for lane in 0..LANES {
                column[i][lane] = is[lane] - was[lane];
            }
        }
    }
    columns
}

/// Adds the convolutions of blocks to `output`, from their products at `T` x `T` points. `sums` has the layout of the rows of
/// [`Evaluate`].
pub(super) struct Interpolate<'m, const T: usize> {
    /// `[T, T]`
    pub(super) matrix: &'m [f32],
    pub(super) blocks: &'m [Block],
    /// The rectangles that the blocks lie in.
    pub(super) rects: &'m [Rect],
    /// Position of the output of a block relative to the block, in pixels: down and right.
    pub(super) offsets: [isize; 2],
    pub(super) sums: &'m [Lanes],
    pub(super) leading_dimension: usize,
    pub(super) output: &'m mut Patches,
}

impl<const T: usize> WithSimd for Interpolate<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { matrix, blocks, rects, offsets, sums, leading_dimension, output } = self;
        let matrix = rows_of::<T, T>(matrix);
        let channels = output.channels();
        let mut half = [[simd.splat_f32s(0.0); T]; T];
        let mut changes = [[[0.0; LANES]; T]; T];
        let mut before = 0;
        for blocks_here in blocks.chunk_by(|one, next| one.variant == next.variant) {
            for (group, c) in (0..channels).step_by(LANES).enumerate() {
                let count = LANES.min(channels - c);
                for (place, block) in (before..).zip(blocks_here) {
                    let first = group * blocks.len() + place;
                    for piece in 0..LANES / S::F32_LANES {
                        for b in 0..T {
                            let mut x = [simd.splat_f32s(0.0); T];
                            for (a, x) in x.iter_mut().enumerate() {
                                *x = S::as_simd_f32s(&sums[(a * T + b) * leading_dimension + first]).0[piece];
                            }
                            for (half, value) in half.iter_mut().zip(times(simd, &matrix, &x)) {
                                half[b] = value;
                            }
                        }
                        for (row, half) in changes.iter_mut().zip(&half) {
                            for (lanes, value) in row.iter_mut().zip(times(simd, &matrix, half)) {
                                S::as_mut_simd_f32s(lanes).0[piece] = value;
                            }
                        }
                    }
                    let (from, to) = (rects[block.variant], output.rects()[block.variant]);
                    // The position of the changes in the rectangle of the output. It is negative if the rectangle begins later.
                    let top = (from.top + block.y) as isize + offsets[0] - to.top as isize;
                    let left = (from.left + block.x) as isize + offsets[1] - to.left as isize;
                    let rows_in = (-top).max(0) as usize..(to.height as isize - top).clamp(0, T as isize) as usize;
                    let columns_in = (-left).max(0) as usize..(to.width as isize - left).clamp(0, T as isize) as usize;
                    let values = output.of_mut(block.variant);
                    for a in rows_in {
                        for b in columns_in.clone() {
                            let place = (top + a as isize) as usize * to.width + (left + b as isize) as usize;
                            add_lanes(&mut values[place * channels + c..][..count], &changes[a][b]);
                        }
                    }
                }
            }
            before += blocks_here.len();
        }
    }
}

/// Returns the product of a small matrix and a column of registers.
#[inline(always)]
fn times<S: Simd, const FROM: usize, const TO: usize>(
    simd: S,
    matrix: &[[f32; FROM]; TO],
    x: &[S::f32s; FROM],
) -> [S::f32s; TO] {
    let mut sums = [simd.splat_f32s(0.0); TO];
    for to in 0..TO {
        sums[to] = dot::<S, FROM, FROM, FROM>(simd, &matrix[to], x);
    }
    sums
}

/// Returns the rows of a flat matrix.
fn rows_of<const FROM: usize, const TO: usize>(flat: &[f32]) -> [[f32; FROM]; TO] {
    let mut rows = [[0.0; FROM]; TO];
    for (row, values) in rows.iter_mut().zip(flat.chunks_exact(FROM)) {
        row.copy_from_slice(values);
    }
    rows
}
