//! Convolution of differences by blocks: each block of `M` x `M` places reaches `T` x `T` places of the output and no
//! others, `T = M + kernel - 1`. Blocks and filters are evaluated at `T` x `T` points ([`Toom`]); there, convolution is
//! one product a pair of channels instead of `kernel` x `kernel` a place. What a block gives is added to what the output
//! was. Only blocks of the changed rectangle are there at all: the less it covers, the less there is to do.

use graph::local::Slide;
use kernels::{Lanes, Matrices};
use ndarray::ArrayView4;
use pulp::Arch;

use super::regions::{Plane, Regions};
use super::room::Room;
use super::toom::{MOST, Toom};
use super::transforms::{Gather, Scatter, Tile};
use crate::Rect;

/// Costs of moving one channel of one point, in and out, in multiply-adds of a product.
const MOVING: usize = 40;

/// Sides of blocks for a square kernel, from small to large.
fn sides(kernel: usize) -> std::ops::Range<usize> {
    match kernel {
        3 | 5 => 2..MOST + 2 - kernel,
        _ => 0..0,
    }
}

/// A convolution by blocks of one size.
#[derive(Debug)]
pub(super) struct Tiles {
    side: usize,
    points: usize,
    evaluate: Vec<f32>,
    interpolate: Vec<f32>,
    /// By how many places a block's output begins before the block, down and across.
    offsets: [isize; 2],
    /// The filters at the points, one matrix `[inputs, outputs]` a point.
    matrices: Matrices,
}

impl Tiles {
    /// The side of blocks that costs least for these rectangles, and what it costs, in multiply-adds; `None` where blocks
    /// are not for such windows.
    pub(super) fn best(slides: &[Slide; 2], channels: [usize; 2], rects: &[Rect]) -> Option<(usize, usize)> {
        let kernel = slides[0].kernel;
        if slides.iter().any(|slide| (slide.kernel, slide.stride, slide.dilation) != (kernel, 1, 1)) {
            return None;
        }
        let [inputs, outputs] = channels;
        let costs = sides(kernel).map(|side| {
            let points = (side + kernel - 1).pow(2);
            let blocks: usize = rects.iter().map(|rect| rect.height.div_ceil(side) * rect.width.div_ceil(side)).sum();
            (side, blocks * points * (inputs * outputs + MOVING * (inputs + outputs)))
        });
        costs.min_by_key(|(_, cost)| *cost)
    }

    /// For blocks of `side` x `side` and the filters `[outputs, inputs, kernel, kernel]`.
    pub(super) fn new(side: usize, slides: &[Slide; 2], filters: &ArrayView4<f32>) -> Self {
        let kernel = slides[0].kernel;
        let toom = Toom::new(side, kernel);
        let points = side + kernel - 1;
        let flat = |matrix: &[Vec<f64>]| matrix.iter().flatten().map(|value| *value as f32).collect();
        let (outputs, inputs, ..) = filters.dim();
        let mut half = vec![0.0; points * kernel];
        let matrices = Matrices::new(points * points, [inputs, outputs], |input, output, values| {
            // A convolutional layer correlates: place i reaches place i + before - k.
            for (a, half) in half.chunks_exact_mut(kernel).enumerate() {
                for (x, sum) in half.iter_mut().enumerate() {
                    let taps = (0..kernel).map(|y| f64::from(filters[[output, input, y, x]]));
                    *sum = taps.zip(toom.kernel[a].iter().rev()).map(|(tap, factor)| tap * factor).sum::<f64>();
                }
            }
            for (a, b) in (0..points).flat_map(|a| (0..points).map(move |b| (a, b))) {
                let taps = half[a * kernel..].iter().zip(toom.kernel[b].iter().rev());
                values[a * points + b] = taps.map(|(tap, factor)| tap * factor).sum::<f64>() as f32;
            }
        });
        let offsets = slides.map(|slide| slide.before as isize - (kernel as isize - 1));
        let (evaluate, interpolate) = (flat(&toom.evaluate), flat(&toom.interpolate));
        Self { side, points, evaluate, interpolate, offsets, matrices }
    }

    fn tiles(&self, rects: &[Rect]) -> Vec<Tile> {
        let mut tiles = Vec::new();
        for (window, rect) in rects.iter().enumerate() {
            for y in (0..rect.height).step_by(self.side) {
                tiles.extend((0..rect.width).step_by(self.side).map(|x| Tile { window, y, x }));
            }
        }
        tiles
    }

    /// Adds to `output` what the differences of `input` from `plane` give.
    pub(super) fn run(&self, room: &mut Room, input: &Regions, plane: &Plane, output: &mut Regions) {
        let tiles = self.tiles(&input.rects);
        let points = self.points * self.points;
        let [used_rows, used_sums] = self.matrices.groups().map(|groups| groups * tiles.len());
        // Odd, so that a block's points do not all fall on the same lines of a cache.
        let [pitch, pitch_sums] = [used_rows, used_sums].map(|used| used | 1);
        let (rows, sums) = (room.rows.lanes(points * pitch), room.sums.lanes(points * pitch_sums));
        match (self.side, self.points) {
            (2, 4) => self.gather::<2, 4>(&tiles, input, plane, rows, pitch),
            (3, 5) => self.gather::<3, 5>(&tiles, input, plane, rows, pitch),
            (4, 6) => self.gather::<4, 6>(&tiles, input, plane, rows, pitch),
            (5, 7) => self.gather::<5, 7>(&tiles, input, plane, rows, pitch),
            (6, 8) => self.gather::<6, 8>(&tiles, input, plane, rows, pitch),
            (2, 6) => self.gather::<2, 6>(&tiles, input, plane, rows, pitch),
            (3, 7) => self.gather::<3, 7>(&tiles, input, plane, rows, pitch),
            (4, 8) => self.gather::<4, 8>(&tiles, input, plane, rows, pitch),
            _ => unreachable!("`sides` offers no other"),
        }
        for (point, (rows, sums)) in rows.chunks_exact(pitch).zip(sums.chunks_exact_mut(pitch_sums)).enumerate() {
            self.matrices.multiply(point, &rows[..used_rows], &mut sums[..used_sums]);
        }
        match self.points {
            4 => self.scatter::<4>(&tiles, &input.rects, sums, pitch_sums, output),
            5 => self.scatter::<5>(&tiles, &input.rects, sums, pitch_sums, output),
            6 => self.scatter::<6>(&tiles, &input.rects, sums, pitch_sums, output),
            7 => self.scatter::<7>(&tiles, &input.rects, sums, pitch_sums, output),
            8 => self.scatter::<8>(&tiles, &input.rects, sums, pitch_sums, output),
            _ => unreachable!("`sides` offers no other"),
        }
    }

    fn gather<const M: usize, const T: usize>(
        &self,
        tiles: &[Tile],
        input: &Regions,
        plane: &Plane,
        rows: &mut [Lanes],
        pitch: usize,
    ) {
        Arch::new().dispatch(Gather::<M, T> { evaluate: &self.evaluate, tiles, input, plane, rows, pitch });
    }

    fn scatter<const T: usize>(
        &self,
        tiles: &[Tile],
        rects: &[Rect],
        sums: &[Lanes],
        pitch: usize,
        output: &mut Regions,
    ) {
        let (interpolate, offsets) = (&self.interpolate, self.offsets);
        Arch::new().dispatch(Scatter::<T> { interpolate, tiles, rects, offsets, sums, pitch, output });
    }
}
