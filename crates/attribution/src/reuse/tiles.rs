//! Convolution of differences by blocks: each block of `M` x `M` places reaches `T` x `T` places of the output and no
//! others, `T = M + kernel - 1`. Blocks and filters are evaluated at `T` x `T` points ([`Toom`]); there, convolution is
//! one product a pair of channels instead of `kernel` x `kernel` a place. What a block gives is added to what the output
//! was. Only blocks of the changed rectangle are there at all: the less it covers, the less there is to do.

#![allow(clippy::inline_always, reason = "only what is part of the dispatched function is made for its processor")]

use graph::local::Slide;
use ndarray::{Array2, ArrayView2, ArrayViewD, Ix2, IxDyn, ShapeError, s};
use pulp::Arch;

use super::regions::{Plane, Regions};
use super::toom::{MOST, Toom};
use crate::Rect;

/// Channels that are worked on at a time: one register of the widest kind.
const LANES: usize = 16;
type Lanes = [f32; LANES];

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
}

/// A block: its window, and its place in the window's rectangle.
#[derive(Clone, Copy)]
struct Tile {
    window: usize,
    y: usize,
    x: usize,
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

    /// For blocks of `side` x `side`; with it the matrices `[inputs, outputs]`, one a point, that the filters
    /// `[outputs, inputs, kernel, kernel]` become.
    pub(super) fn new(
        side: usize,
        slides: &[Slide; 2],
        filters: &ndarray::ArrayView4<f32>,
    ) -> (Self, Vec<Array2<f32>>) {
        let kernel = slides[0].kernel;
        let toom = Toom::new(side, kernel);
        let points = side + kernel - 1;
        let flat = |matrix: &[Vec<f64>]| matrix.iter().flatten().map(|value| *value as f32).collect();
        let (outputs, inputs, ..) = filters.dim();
        let mut matrices = Vec::new();
        for (a, b) in (0..points).flat_map(|a| (0..points).map(move |b| (a, b))) {
            let mut matrix = Array2::<f64>::zeros((inputs, outputs));
            for (y, x) in (0..kernel).flat_map(|y| (0..kernel).map(move |x| (y, x))) {
                // A convolutional layer correlates: place i reaches place i + before - k.
                let weight = toom.kernel[a][kernel - 1 - y] * toom.kernel[b][kernel - 1 - x];
                let filters = filters.slice(s![.., .., y, x]);
                matrix.zip_mut_with(&filters.t(), |sum, value| *sum += weight * f64::from(*value));
            }
            matrices.push(matrix.mapv(|value| value as f32));
        }
        let offsets = slides.map(|slide| slide.before as isize - (kernel as isize - 1));
        let (evaluate, interpolate) = (flat(&toom.evaluate), flat(&toom.interpolate));
        (Self { side, points, evaluate, interpolate, offsets }, matrices)
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

    /// Writes the rows of each point's product, `[points][tiles, channels]`, over `rows`; returns how many tiles there are.
    pub(super) fn gather(&self, input: &Regions, plane: &Plane, rows: &mut Vec<f32>) -> usize {
        let tiles = self.tiles(&input.rects);
        let differences = input.differences(plane);
        rows.resize(self.points * self.points * tiles.len() * input.channels, 0.0);
        match (self.side, self.points) {
            (2, 4) => gather::<2, 4>(&self.evaluate, &tiles, input, &differences, rows),
            (3, 5) => gather::<3, 5>(&self.evaluate, &tiles, input, &differences, rows),
            (4, 6) => gather::<4, 6>(&self.evaluate, &tiles, input, &differences, rows),
            (5, 7) => gather::<5, 7>(&self.evaluate, &tiles, input, &differences, rows),
            (6, 8) => gather::<6, 8>(&self.evaluate, &tiles, input, &differences, rows),
            (2, 6) => gather::<2, 6>(&self.evaluate, &tiles, input, &differences, rows),
            (3, 7) => gather::<3, 7>(&self.evaluate, &tiles, input, &differences, rows),
            (4, 8) => gather::<4, 8>(&self.evaluate, &tiles, input, &differences, rows),
            _ => unreachable!("`sides` offers no other"),
        }
        tiles.len()
    }

    /// Adds the products `[tiles, channels]`, one a point, of the blocks of `rects` to `output`.
    pub(super) fn scatter(
        &self,
        products: &[(&str, ArrayViewD<f32>)],
        rects: &[Rect],
        output: &mut Regions,
    ) -> Result<(), ShapeError> {
        let rows: Vec<ArrayView2<f32>> =
            products.iter().map(|(_, rows)| rows.view().into_dimensionality::<Ix2>()).collect::<Result<_, _>>()?;
        let rows: Vec<&[f32]> = rows.iter().filter_map(ArrayView2::to_slice).collect();
        let tiles = Placed { tiles: self.tiles(rects), rects, offsets: self.offsets };
        match self.points {
            4 => scatter::<4>(&self.interpolate, &tiles, &rows, output),
            5 => scatter::<5>(&self.interpolate, &tiles, &rows, output),
            6 => scatter::<6>(&self.interpolate, &tiles, &rows, output),
            7 => scatter::<7>(&self.interpolate, &tiles, &rows, output),
            8 => scatter::<8>(&self.interpolate, &tiles, &rows, output),
            _ => unreachable!("`sides` offers no other"),
        }
        Ok(())
    }
}

/// Blocks of some rectangles, and where their output begins.
struct Placed<'a> {
    tiles: Vec<Tile>,
    rects: &'a [Rect],
    offsets: [isize; 2],
}

/// `matrix * block * matrix^T`, channel by channel.
#[inline(always)]
fn both_ways<const FROM: usize, const TO: usize>(
    matrix: &[[f32; FROM]; TO],
    block: &[[Lanes; FROM]; FROM],
) -> [[Lanes; TO]; TO] {
    let mut half = [[[0.0; LANES]; FROM]; TO];
    for a in 0..TO {
        for i in 0..FROM {
            for j in 0..FROM {
                for lane in 0..LANES {
                    half[a][j][lane] += matrix[a][i] * block[i][j][lane];
                }
            }
        }
    }
    let mut whole = [[[0.0; LANES]; TO]; TO];
    for a in 0..TO {
        for b in 0..TO {
            for j in 0..FROM {
                for lane in 0..LANES {
                    whole[a][b][lane] += matrix[b][j] * half[a][j][lane];
                }
            }
        }
    }
    whole
}

/// The rows of a flat matrix.
fn rows_of<const FROM: usize, const TO: usize>(flat: &[f32]) -> [[f32; FROM]; TO] {
    let mut rows = [[0.0; FROM]; TO];
    for (row, values) in rows.iter_mut().zip(flat.chunks_exact(FROM)) {
        row.copy_from_slice(values);
    }
    rows
}

#[inline(always)]
fn load(from: &[f32]) -> Lanes {
    if let Some(lanes) = from.first_chunk() {
        return *lanes;
    }
    let mut lanes = [0.0; LANES];
    lanes[..from.len()].copy_from_slice(from);
    lanes
}

fn gather<const M: usize, const T: usize>(
    evaluate: &[f32],
    tiles: &[Tile],
    input: &Regions,
    differences: &[f32],
    rows: &mut [f32],
) {
    let matrix = rows_of::<M, T>(evaluate);
    let channels = input.channels;
    let point = tiles.len() * channels;
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for (place, tile) in tiles.iter().enumerate() {
                let rect = input.rects[tile.window];
                let start = input.start(tile.window);
                let (down, across) = (M.min(rect.height - tile.y), M.min(rect.width - tile.x));
                for c in (0..channels).step_by(LANES) {
                    let count = LANES.min(channels - c);
                    let mut block = [[[0.0; LANES]; M]; M];
                    for (i, row) in block.iter_mut().enumerate().take(down) {
                        let from = start + ((tile.y + i) * rect.width + tile.x) * channels + c;
                        for (j, lanes) in row.iter_mut().enumerate().take(across) {
                            let from = from + j * channels;
                            *lanes = load(&differences[from..from + count]);
                        }
                    }
                    let values = both_ways(&matrix, &block);
                    let mut to = place * channels + c;
                    for lanes in values.as_flattened() {
                        rows[to..to + count].copy_from_slice(&lanes[..count]);
                        to += point;
                    }
                }
            }
        },
    );
}

fn scatter<const T: usize>(interpolate: &[f32], placed: &Placed, rows: &[&[f32]], output: &mut Regions) {
    let matrix = rows_of::<T, T>(interpolate);
    let channels = output.channels;
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for (place, tile) in placed.tiles.iter().enumerate() {
                let (from, to) = (placed.rects[tile.window], output.rects[tile.window]);
                // Where the block's output lies in the output's rectangle, which may begin later.
                let top = (from.top + tile.y) as isize + placed.offsets[0] - to.top as isize;
                let left = (from.left + tile.x) as isize + placed.offsets[1] - to.left as isize;
                let rows_in = (-top).max(0) as usize..(to.height as isize - top).clamp(0, T as isize) as usize;
                let columns_in = (-left).max(0) as usize..(to.width as isize - left).clamp(0, T as isize) as usize;
                let values = output.of_mut(tile.window);
                for c in (0..channels).step_by(LANES) {
                    let count = LANES.min(channels - c);
                    let mut block = [[[0.0; LANES]; T]; T];
                    let at = place * channels + c;
                    for (lanes, row) in block.as_flattened_mut().iter_mut().zip(rows) {
                        *lanes = load(&row[at..at + count]);
                    }
                    let sums = both_ways(&matrix, &block);
                    for a in rows_in.clone() {
                        for b in columns_in.clone() {
                            let place = (top + a as isize) as usize * to.width + (left + b as isize) as usize;
                            let values = &mut values[place * channels + c..][..count];
                            for (value, sum) in values.iter_mut().zip(&sums[a][b]) {
                                *value += sum;
                            }
                        }
                    }
                }
            }
        },
    );
}

/// Views of equal parts of `rows`, `[count, channels]` each, under the names of `graph::local::products`.
pub(super) fn named_rows(
    rows: &[f32],
    count: usize,
    channels: usize,
) -> Result<Vec<(String, ArrayViewD<'_, f32>)>, ShapeError> {
    let parts = rows.chunks_exact((count * channels).max(1)).enumerate();
    parts
        .map(|(place, part)| Ok((format!("x{place}"), ArrayViewD::from_shape(IxDyn(&[count, channels]), part)?)))
        .collect()
}
