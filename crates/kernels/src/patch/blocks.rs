//! Convolutions of differences by blocks: a block of `M` x `M` pixels changes `T` x `T` pixels of the output, `T = M + kernel - 1`.
//!
//! Blocks and filters are evaluated at `T` x `T` points ([`PolynomialProduct`]). There, the convolution is one product for each pair of
//! channels instead of `kernel` x `kernel` for each pixel. The result of a block is added to the output. There are blocks only in the
//! changed rectangle: the smaller it is, the less work there is.

use std::ops::Range;

use super::axis::WindowAxis;
use super::block_transforms::{Block, Evaluate, Interpolate};
use super::patches::{Baseline, Patches};
use super::rect::Rect;
use super::workspace::Workspace;
use crate::convolution::Geometry;
use crate::gemm::PackedMatrices;
use crate::simd::{Lanes, dispatch};
use crate::toom_cook::LONGEST;
use crate::toom_cook::product::PolynomialProduct;

/// The time of the transforms to the points and back, in multiply-adds for each channel or filter at each point.
const TRANSFORM: usize = 40;

/// Returns the supported sides of blocks for a square kernel. With more than eight points too many digits are lost.
fn sides(kernel: usize) -> Range<usize> {
    match kernel {
        3 | 5 => 2..LONGEST + 2 - kernel,
        _ => 0..0,
    }
}

/// A convolution by blocks of one size.
#[derive(Debug)]
pub(super) struct Blocks {
    side: usize,
    /// Number of points along each axis.
    points: usize,
    /// `[points, side]`
    evaluate: Vec<f32>,
    /// `[points, points]`
    interpolate: Vec<f32>,
    /// Position of the output of a block relative to the block, in pixels: down and right. It is negative if the padding is less than
    /// `kernel - 1`.
    offsets: [isize; 2],
    /// The filters at the points: one matrix `[channels, filters]` for each of the `points * points` points.
    matrices: PackedMatrices,
}

impl Blocks {
    /// Returns the side of the blocks that take the least work for the rectangles `rects`, and the work in multiply-adds. Returns
    /// `None` if blocks do not support such windows.
    pub(super) fn cheapest(
        axes: &[WindowAxis; 2],
        [channels, filters]: [usize; 2],
        rects: &[Rect],
    ) -> Option<(usize, usize)> {
        let kernel = axes[0].kernel;
        if axes.iter().any(|axis| (axis.kernel, axis.stride, axis.dilation) != (kernel, 1, 1)) {
            return None;
        }
        let costs = sides(kernel).map(|side| {
            let points = (side + kernel - 1).pow(2);
            let blocks: usize = rects.iter().map(|rect| rect.height.div_ceil(side) * rect.width.div_ceil(side)).sum();
            (side, blocks * points * (channels * filters + TRANSFORM * (channels + filters)))
        });
        costs.min_by_key(|(_, cost)| *cost)
    }

    /// Packs `weight`, `[filters, channels, kernel, kernel]`, for blocks of `side` x `side`.
    pub(super) fn new(side: usize, geometry: &Geometry, weight: &[f32]) -> Self {
        let (kernel, channels) = (geometry.kernel[0], geometry.channels);
        let product = PolynomialProduct::new(side, kernel);
        let points = side + kernel - 1;
        let flat = |matrix: &[Vec<f64>]| matrix.iter().flatten().map(|value| *value as f32).collect();
        let mut half = vec![0.0; points * kernel];
        let sizes = [channels, geometry.filters];
        let matrices = PackedMatrices::new(points * points, sizes, |input, output, values| {
            let weight = &weight[(output * channels + input) * kernel * kernel..][..kernel * kernel];
            // The layer correlates: pixel i contributes to pixel i + before - k of the output. The kernel of the product is therefore
            // reversed.
            for (a, half) in half.chunks_exact_mut(kernel).enumerate() {
                for (x, sum) in half.iter_mut().enumerate() {
                    let taps = (0..kernel).map(|y| f64::from(weight[y * kernel + x]));
                    *sum = taps.zip(product.kernel[a].iter().rev()).map(|(tap, factor)| tap * factor).sum::<f64>();
                }
            }
            for (a, b) in (0..points).flat_map(|a| (0..points).map(move |b| (a, b))) {
                let taps = half[a * kernel..].iter().zip(product.kernel[b].iter().rev());
                values[a * points + b] = taps.map(|(tap, factor)| tap * factor).sum::<f64>() as f32;
            }
        });
        let offsets = [0, 1].map(|axis| geometry.pads[axis] as isize - (kernel as isize - 1));
        let (evaluate, interpolate) = (flat(&product.evaluate), flat(&product.interpolate));
        Self { side, points, evaluate, interpolate, offsets, matrices }
    }

    /// Cuts the rectangles into blocks.
    fn cut(&self, rects: &[Rect]) -> Vec<Block> {
        let mut blocks = Vec::new();
        for (variant, rect) in rects.iter().enumerate() {
            for y in (0..rect.height).step_by(self.side) {
                blocks.extend((0..rect.width).step_by(self.side).map(|x| Block { variant, y, x }));
            }
        }
        blocks
    }

    /// Adds the convolution of the differences of `input` from `baseline` to `output`.
    pub(super) fn run(&self, workspace: &mut Workspace, input: &Patches, baseline: &Baseline, output: &mut Patches) {
        let blocks = self.cut(input.rects());
        let points = self.points * self.points;
        let [used_rows, used_sums] = self.matrices.groups().map(|groups| groups * blocks.len());
        // Odd, so that the points of a block do not all fall on the same lines of the cache.
        let [ld_rows, ld_sums] = [used_rows, used_sums].map(|used| used | 1);
        let (rows, sums) = (workspace.rows.take(points * ld_rows), workspace.sums.take(points * ld_sums));
        match (self.side, self.points) {
            (2, 4) => self.evaluate::<2, 4>(&blocks, input, baseline, rows, ld_rows),
            (3, 5) => self.evaluate::<3, 5>(&blocks, input, baseline, rows, ld_rows),
            (4, 6) => self.evaluate::<4, 6>(&blocks, input, baseline, rows, ld_rows),
            (5, 7) => self.evaluate::<5, 7>(&blocks, input, baseline, rows, ld_rows),
            (6, 8) => self.evaluate::<6, 8>(&blocks, input, baseline, rows, ld_rows),
            (2, 6) => self.evaluate::<2, 6>(&blocks, input, baseline, rows, ld_rows),
            (3, 7) => self.evaluate::<3, 7>(&blocks, input, baseline, rows, ld_rows),
            (4, 8) => self.evaluate::<4, 8>(&blocks, input, baseline, rows, ld_rows),
            _ => unreachable!("`sides` returns no other side"),
        }
        for (point, (rows, sums)) in rows.chunks_exact(ld_rows).zip(sums.chunks_exact_mut(ld_sums)).enumerate() {
            self.matrices.multiply(point, &rows[..used_rows], &mut sums[..used_sums]);
        }
        match self.points {
            4 => self.interpolate::<4>(&blocks, input.rects(), sums, ld_sums, output),
            5 => self.interpolate::<5>(&blocks, input.rects(), sums, ld_sums, output),
            6 => self.interpolate::<6>(&blocks, input.rects(), sums, ld_sums, output),
            7 => self.interpolate::<7>(&blocks, input.rects(), sums, ld_sums, output),
            8 => self.interpolate::<8>(&blocks, input.rects(), sums, ld_sums, output),
            _ => unreachable!("`sides` returns no other side"),
        }
    }

    fn evaluate<const M: usize, const T: usize>(
        &self,
        blocks: &[Block],
        input: &Patches,
        baseline: &Baseline,
        rows: &mut [Lanes],
        leading_dimension: usize,
    ) {
        let matrix = &self.evaluate;
        dispatch(Evaluate::<M, T> { matrix, blocks, input, baseline, rows, leading_dimension });
    }

    fn interpolate<const T: usize>(
        &self,
        blocks: &[Block],
        rects: &[Rect],
        sums: &[Lanes],
        leading_dimension: usize,
        output: &mut Patches,
    ) {
        let (matrix, offsets) = (&self.interpolate, self.offsets);
        dispatch(Interpolate::<T> { matrix, blocks, rects, offsets, sums, leading_dimension, output });
    }
}
