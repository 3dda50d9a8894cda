//! Tiles at the right and lower edge, of which fewer outputs are needed: they take products at fewer points.
//!
//! `e` outputs of `r` taps need only `e + r - 1` points. These are some of the points of a whole tile, infinity among them, so the
//! transformed filters are the same. A filter's value at a point is divided by the differences from all points of a whole tile. The
//! transform of the inputs therefore multiplies by the differences from the points that are left out.

#![allow(clippy::needless_range_loop, reason = "iterators over arrays of registers go through memory")]
#![allow(clippy::inline_always, reason = "a function is compiled for an instruction set only as part of its caller")]

use pulp::{NullaryFnOnce, Simd};

use super::dot::dot;
use super::matrices::{numerators, powers};
use super::points::{LONGEST, POINTS, SHORTEST, points_for};
use super::tile::transform_input;
use crate::simd::{LANES, Lanes};

/// The transform of the tiles along an axis: of those inside, or of the last one at the edge.
#[derive(Clone, Debug)]
pub(crate) struct AxisTransform {
    /// Points of a whole tile.
    whole: usize,
    /// Outputs of a tile.
    pub(crate) outputs: usize,
    /// The points, as indices into those of a whole tile.
    points: Vec<usize>,
    /// `[points][inputs]`: the products from the inputs. There are as many inputs as points.
    input: [[f32; LONGEST]; LONGEST],
    /// `[outputs][points]`: the outputs from the products.
    output: [[f32; LONGEST]; LONGEST],
}

impl AxisTransform {
    /// Returns the transform for `outputs` outputs of `taps` taps. `outputs` is at most the number of outputs of a whole tile.
    pub(crate) fn new(outputs: usize, taps: usize) -> Self {
        let count = outputs + taps - 1;
        let (whole, finite) = (points_for(taps), &POINTS[..count - 1]);
        let points: Vec<usize> = (0..count - 1).chain([whole - 1]).collect();
        let (mut input, mut output) = ([[0.0; LONGEST]; LONGEST], [[0.0; LONGEST]; LONGEST]);
        for (at, numerator) in numerators(finite).into_iter().enumerate() {
            let left_out = finite
                .get(at)
                .map_or(1.0, |point| POINTS[count - 1..whole - 1].iter().map(|other| point - other).product::<f64>());
            for (into, coefficient) in input[at].iter_mut().zip(numerator) {
                *into = (coefficient * left_out) as f32;
            }
        }
        for (at, powers) in powers(finite, outputs).into_iter().enumerate() {
            for (row, power) in output.iter_mut().zip(powers) {
                row[at] = power as f32;
            }
        }
        Self { whole, outputs, points, input, output }
    }

    /// Returns the number of points.
    pub(crate) fn points(&self) -> usize {
        self.points.len()
    }

    /// Returns whether the point with index `point` of a whole tile is one of the points.
    pub(crate) fn has(&self, point: usize) -> bool {
        self.points.contains(&point)
    }
}

/// The transforms of a tile, down and right.
pub(crate) type Transforms<'s> = [&'s AxisTransform; 2];

/// Transforms one tile of pixels. `from` has rows of `columns` pixels. `into` is `[points, leading dimension]`, and the tile has index
/// `at` there.
pub(crate) struct EdgeInput<'m> {
    pub(crate) transforms: Transforms<'m>,
    pub(crate) from: &'m [Lanes],
    pub(crate) columns: usize,
    pub(crate) into: &'m mut [Lanes],
    pub(crate) leading_dimension: usize,
    pub(crate) at: usize,
}

impl EdgeTile for EdgeInput<'_> {
    fn transforms(&self) -> Transforms<'_> {
        self.transforms
    }

    #[inline(always)]
    fn transform<S: Simd, const D: usize, const R: usize, const N: usize>(self, simd: S) {
        let Self { transforms: [down, right], from, columns, into, leading_dimension, at } = self;
        for part in 0..LANES / S::F32_LANES {
            let mut half = [[simd.splat_f32s(0.0); N]; N];
            for row in 0..D {
                let from = &from[row * columns..][..R];
                let mut line = [simd.splat_f32s(0.0); N];
                for column in 0..R {
                    line[column] = S::as_simd_f32s(&from[column]).0[part];
                }
                half[row] = transform::<S, R, N>(simd, right, line);
            }
            for column in 0..R {
                let mut line = [simd.splat_f32s(0.0); N];
                for row in 0..D {
                    line[row] = half[row][column];
                }
                let values = transform::<S, D, N>(simd, down, line);
                for row in 0..D {
                    let point = whole_point::<D, N>(row) * N + whole_point::<R, N>(column);
                    S::as_mut_simd_f32s(&mut into[point * leading_dimension + at]).0[part] = values[row];
                }
            }
        }
    }
}

/// Transforms the gradients by the outputs of one tile, as [`EdgeInput`] transforms pixels.
pub(crate) struct EdgeGradient<'m>(pub(crate) EdgeInput<'m>);

impl EdgeTile for EdgeGradient<'_> {
    fn transforms(&self) -> Transforms<'_> {
        self.0.transforms
    }

    #[inline(always)]
    fn transform<S: Simd, const D: usize, const R: usize, const N: usize>(self, simd: S) {
        let EdgeInput { transforms: [down, right], from, columns, into, leading_dimension, at } = self.0;
        for part in 0..LANES / S::F32_LANES {
            let mut half = [[simd.splat_f32s(0.0); N]; N];
            for row in 0..down.outputs {
                for column in 0..right.outputs {
                    let value = S::as_simd_f32s(&from[row * columns + column]).0[part];
                    for point in 0..R {
                        let factor = simd.splat_f32s(right.output[column][point]);
                        half[row][point] = simd.mul_add_e_f32s(factor, value, half[row][point]);
                    }
                }
            }
            for column in 0..R {
                let mut values = [simd.splat_f32s(0.0); N];
                for row in 0..down.outputs {
                    for point in 0..D {
                        let factor = simd.splat_f32s(down.output[row][point]);
                        values[point] = simd.mul_add_e_f32s(factor, half[row][column], values[point]);
                    }
                }
                for row in 0..D {
                    let point = whole_point::<D, N>(row) * N + whole_point::<R, N>(column);
                    S::as_mut_simd_f32s(&mut into[point * leading_dimension + at]).0[part] = values[row];
                }
            }
        }
    }
}

/// Computes the outputs of one tile from its products, and adds `bias`. `from` is `[points, leading dimension]`, and the tile has index
/// `at` there. `into` has rows of `columns` outputs.
pub(crate) struct EdgeOutput<'m> {
    pub(crate) transforms: Transforms<'m>,
    pub(crate) from: &'m [Lanes],
    pub(crate) leading_dimension: usize,
    pub(crate) at: usize,
    pub(crate) bias: &'m Lanes,
    pub(crate) relu: bool,
    pub(crate) into: &'m mut [Lanes],
    pub(crate) columns: usize,
}

impl EdgeTile for EdgeOutput<'_> {
    fn transforms(&self) -> Transforms<'_> {
        self.transforms
    }

    #[inline(always)]
    fn transform<S: Simd, const D: usize, const R: usize, const N: usize>(self, simd: S) {
        let Self { transforms: [down, right], from, leading_dimension, at, bias, relu, into, columns } = self;
        for part in 0..LANES / S::F32_LANES {
            let bias = S::as_simd_f32s(bias).0[part];
            let mut half = [[simd.splat_f32s(0.0); N]; N];
            for row in 0..D {
                let mut line = [simd.splat_f32s(0.0); N];
                for column in 0..R {
                    let point = whole_point::<D, N>(row) * N + whole_point::<R, N>(column);
                    line[column] = S::as_simd_f32s(&from[point * leading_dimension + at]).0[part];
                }
                for column in 0..right.outputs {
                    half[column][row] = dot::<S, R, LONGEST, N>(simd, &right.output[column], &line);
                }
            }
            for row in 0..down.outputs {
                for column in 0..right.outputs {
                    let value = simd.add_f32s(dot::<S, D, LONGEST, N>(simd, &down.output[row], &half[column]), bias);
                    let value = if relu { simd.max_f32s(simd.splat_f32s(0.0), value) } else { value };
                    S::as_mut_simd_f32s(&mut into[row * columns + column]).0[part] = value;
                }
            }
        }
    }
}

/// Work on one tile at an edge.
pub(crate) trait EdgeTile: Sized {
    /// Returns the transforms of the tile.
    fn transforms(&self) -> Transforms<'_>;

    /// Does the work with `D` points down and `R` to the right. A whole tile has `N`.
    fn transform<S: Simd, const D: usize, const R: usize, const N: usize>(self, simd: S);

    /// Does the work in a function of its own, so that the code for edges does not slow down the code for whole tiles.
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let transforms = self.transforms();
        let (whole, [down, right]) = (transforms[0].whole, transforms.map(AxisTransform::points));
        let wholes = [down == whole, right == whole];
        match (whole, down.min(right)) {
            (SHORTEST, 2) => run::<S, _, 2, SHORTEST>(simd, self, wholes),
            (SHORTEST, 3) => run::<S, _, 3, SHORTEST>(simd, self, wholes),
            (SHORTEST, 4) => run::<S, _, 4, SHORTEST>(simd, self, wholes),
            (SHORTEST, 5) => run::<S, _, 5, SHORTEST>(simd, self, wholes),
            (SHORTEST, _) => run::<S, _, 6, SHORTEST>(simd, self, wholes),
            (_, 4) => run::<S, _, 4, LONGEST>(simd, self, wholes),
            (_, 5) => run::<S, _, 5, LONGEST>(simd, self, wholes),
            (_, 6) => run::<S, _, 6, LONGEST>(simd, self, wholes),
            _ => run::<S, _, 7, LONGEST>(simd, self, wholes),
        }
    }
}

/// Does the work with `K` of `N` points along each axis on which the tile is not a whole one.
#[inline(always)]
fn run<S: Simd, T: EdgeTile, const K: usize, const N: usize>(simd: S, tile: T, [down, right]: [bool; 2]) {
    match (down, right) {
        (false, false) => simd.vectorize(Run::<S, _, K, K, N>(simd, tile)),
        (true, _) => simd.vectorize(Run::<S, _, N, K, N>(simd, tile)),
        _ => simd.vectorize(Run::<S, _, K, N, N>(simd, tile)),
    }
}

struct Run<S, T, const D: usize, const R: usize, const N: usize>(S, T);

impl<S: Simd, T: EdgeTile, const D: usize, const R: usize, const N: usize> NullaryFnOnce for Run<S, T, D, R, N> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.1.transform::<S, D, R, N>(self.0);
    }
}

/// Returns the index of a point, of the `K` that a tile takes, among the `N` of a whole tile.
const fn whole_point<const K: usize, const N: usize>(at: usize) -> usize {
    if at + 1 == K { N - 1 } else { at }
}

/// Transforms `K` inputs to as many points.
#[inline(always)]
fn transform<S: Simd, const K: usize, const N: usize>(
    simd: S,
    transform: &AxisTransform,
    line: [S::f32s; N],
) -> [S::f32s; N] {
    if K == N {
        return transform_input(simd, line);
    }
    let mut values = [simd.splat_f32s(0.0); N];
    for at in 0..K {
        values[at] = dot::<S, K, LONGEST, N>(simd, &transform.input[at], &line);
    }
    values
}
