//! Tiles at the right and lower edge, of which fewer outputs are wanted: they take products at fewer points.
//!
//! `e` outputs of `r` taps need `e + r - 1` points only. With some of the points of a whole tile, the last one among them, they
//! are multiplied by the same transformed filters: those hold `g(p)` over the product of `p - q` over all other points, and
//! the inputs make up for the points that are left out.

#![allow(clippy::needless_range_loop, reason = "with iterators registers end up in memory")]
#![allow(clippy::inline_always, reason = "only what is part of the dispatched function is made for its processor")]

use pulp::{NullaryFnOnce, Simd};

use crate::spectra::{LANES, Lanes};
use crate::toom_cook::{LONGEST, POINTS, SHORTEST, inputs, length, polynomial};

/// How the tiles in one place along an axis, inside or at the edge, are transformed.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    /// Points of a whole tile.
    all: usize,
    /// Outputs of a tile.
    pub(crate) outputs: usize,
    /// Points, by their numbers among those of a whole tile.
    points: Vec<usize>,
    /// What a point gets of each input: `[points][inputs]`, as many inputs as points.
    inputs: [[f32; LONGEST]; LONGEST],
    /// What an output gets of each point: `[outputs][points]`.
    written: [[f32; LONGEST]; LONGEST],
}

impl Side {
    /// For so many outputs of `taps` taps, at most as many as a whole tile has.
    pub(crate) fn new(outputs: usize, taps: usize) -> Self {
        let count = outputs + taps - 1;
        let (all, finite) = (length(taps), &POINTS[..count - 1]);
        let points: Vec<usize> = (0..count - 1).chain([all - 1]).collect();
        let (mut inputs, mut written) = ([[0.0; LONGEST]; LONGEST], [[0.0; LONGEST]; LONGEST]);
        for (at, &point) in finite.iter().enumerate() {
            let others = finite.iter().copied().filter(|other| (other - point).abs() > 0.0);
            let left_out: f64 = POINTS[count - 1..all - 1].iter().map(|other| point - other).product();
            for (into, coefficient) in inputs[at].iter_mut().zip(polynomial(others)) {
                *into = (coefficient * left_out) as f32;
            }
            for (power, row) in written.iter_mut().enumerate().take(outputs) {
                row[at] = point.powi(power as i32) as f32;
            }
        }
        for (into, coefficient) in inputs[count - 1].iter_mut().zip(polynomial(finite.iter().copied())) {
            *into = coefficient as f32;
        }
        written[outputs - 1][count - 1] = 1.0;
        Self { all, outputs, points, inputs, written }
    }

    /// How many points there are.
    pub(crate) fn points(&self) -> usize {
        self.points.len()
    }

    /// Whether a whole tile's point is one of them.
    pub(crate) fn has(&self, point: usize) -> bool {
        self.points.contains(&point)
    }
}

/// Two sides, down and right.
pub(crate) type Sides<'s> = [&'s Side; 2];

/// The products of one tile of pixels, `from`, in rows of `columns`: `into` is `[products, pitch]`, and the tile is `at` there.
pub(crate) struct Input<'m> {
    pub(crate) sides: Sides<'m>,
    pub(crate) from: &'m [Lanes],
    pub(crate) columns: usize,
    pub(crate) into: &'m mut [Lanes],
    pub(crate) pitch: usize,
    pub(crate) at: usize,
}

impl Tile for Input<'_> {
    fn sides(&self) -> Sides<'_> {
        self.sides
    }

    #[inline(always)]
    fn transform<S: Simd, const D: usize, const R: usize, const N: usize>(self, simd: S) {
        let Self { sides: [down, right], from, columns, into, pitch, at } = self;
        for part in 0..LANES / S::F32_LANES {
            let mut half = [[simd.splat_f32s(0.0); N]; N];
            for row in 0..D {
                let from = &from[row * columns..][..R];
                let mut line = [simd.splat_f32s(0.0); N];
                for column in 0..R {
                    line[column] = S::as_simd_f32s(&from[column]).0[part];
                }
                half[row] = forth::<S, R, N>(simd, right, line);
            }
            for column in 0..R {
                let mut line = [simd.splat_f32s(0.0); N];
                for row in 0..D {
                    line[row] = half[row][column];
                }
                let values = forth::<S, D, N>(simd, down, line);
                for row in 0..D {
                    let product = point::<D, N>(row) * N + point::<R, N>(column);
                    S::as_mut_simd_f32s(&mut into[product * pitch + at]).0[part] = values[row];
                }
            }
        }
    }
}

/// The same for the gradients by what a tile writes.
pub(crate) struct Back<'m>(pub(crate) Input<'m>);

impl Tile for Back<'_> {
    fn sides(&self) -> Sides<'_> {
        self.0.sides
    }

    #[inline(always)]
    fn transform<S: Simd, const D: usize, const R: usize, const N: usize>(self, simd: S) {
        let Input { sides: [down, right], from, columns, into, pitch, at } = self.0;
        for part in 0..LANES / S::F32_LANES {
            let mut half = [[simd.splat_f32s(0.0); N]; N];
            for row in 0..down.outputs {
                for column in 0..right.outputs {
                    let value = S::as_simd_f32s(&from[row * columns + column]).0[part];
                    for point in 0..R {
                        let factor = simd.splat_f32s(right.written[column][point]);
                        half[row][point] = simd.mul_add_e_f32s(factor, value, half[row][point]);
                    }
                }
            }
            for column in 0..R {
                let mut values = [simd.splat_f32s(0.0); N];
                for row in 0..down.outputs {
                    for point in 0..D {
                        let factor = simd.splat_f32s(down.written[row][point]);
                        values[point] = simd.mul_add_e_f32s(factor, half[row][column], values[point]);
                    }
                }
                for row in 0..D {
                    let product = point::<D, N>(row) * N + point::<R, N>(column);
                    S::as_mut_simd_f32s(&mut into[product * pitch + at]).0[part] = values[row];
                }
            }
        }
    }
}

/// What one tile writes, `into`, in rows of `columns`, from its products: `from` is `[products, pitch]`, and the tile is `at` there.
pub(crate) struct Output<'m> {
    pub(crate) sides: Sides<'m>,
    pub(crate) from: &'m [Lanes],
    pub(crate) pitch: usize,
    pub(crate) at: usize,
    pub(crate) bias: &'m Lanes,
    pub(crate) relu: bool,
    pub(crate) into: &'m mut [Lanes],
    pub(crate) columns: usize,
}

impl Tile for Output<'_> {
    fn sides(&self) -> Sides<'_> {
        self.sides
    }

    #[inline(always)]
    fn transform<S: Simd, const D: usize, const R: usize, const N: usize>(self, simd: S) {
        let Self { sides: [down, right], from, pitch, at, bias, relu, into, columns } = self;
        for part in 0..LANES / S::F32_LANES {
            let bias = S::as_simd_f32s(bias).0[part];
            let mut half = [[simd.splat_f32s(0.0); N]; N];
            for row in 0..D {
                let mut line = [simd.splat_f32s(0.0); N];
                for column in 0..R {
                    let product = point::<D, N>(row) * N + point::<R, N>(column);
                    line[column] = S::as_simd_f32s(&from[product * pitch + at]).0[part];
                }
                for column in 0..right.outputs {
                    half[column][row] = sum::<S, R, N>(simd, &right.written[column], &line);
                }
            }
            for row in 0..down.outputs {
                for column in 0..right.outputs {
                    let value = simd.add_f32s(sum::<S, D, N>(simd, &down.written[row], &half[column]), bias);
                    let value = if relu { simd.max_f32s(simd.splat_f32s(0.0), value) } else { value };
                    S::as_mut_simd_f32s(&mut into[row * columns + column]).0[part] = value;
                }
            }
        }
    }
}

/// Something to do with a tile at an edge.
pub(crate) trait Tile: Sized {
    /// What the tile is.
    fn sides(&self) -> Sides<'_>;

    /// Does it, with `D` points down and `R` to the right, of the `N` of a whole tile.
    fn transform<S: Simd, const D: usize, const R: usize, const N: usize>(self, simd: S);

    /// Does it in a function of its own: what is at an edge must not slow down what is not.
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let sides = self.sides();
        let (all, [down, right]) = (sides[0].all, sides.map(Side::points));
        let wholes = [down == all, right == all];
        match (all, down.min(right)) {
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

/// With `K` points of `N` where a tile is not a whole one.
#[inline(always)]
fn run<S: Simd, T: Tile, const K: usize, const N: usize>(simd: S, tile: T, [down, right]: [bool; 2]) {
    match (down, right) {
        (false, false) => simd.vectorize(Run::<S, _, K, K, N>(simd, tile)),
        (true, _) => simd.vectorize(Run::<S, _, N, K, N>(simd, tile)),
        _ => simd.vectorize(Run::<S, _, K, N, N>(simd, tile)),
    }
}

struct Run<S, T, const D: usize, const R: usize, const N: usize>(S, T);

impl<S: Simd, T: Tile, const D: usize, const R: usize, const N: usize> NullaryFnOnce for Run<S, T, D, R, N> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.1.transform::<S, D, R, N>(self.0);
    }
}

/// The number of a point, of `K` that are taken, among the `N` of a whole tile.
const fn point<const K: usize, const N: usize>(at: usize) -> usize {
    if at + 1 == K { N - 1 } else { at }
}

/// What `K` points get of as many inputs.
#[inline(always)]
fn forth<S: Simd, const K: usize, const N: usize>(simd: S, side: &Side, line: [S::f32s; N]) -> [S::f32s; N] {
    if K == N {
        return inputs(simd, line);
    }
    let mut values = [simd.splat_f32s(0.0); N];
    for at in 0..K {
        values[at] = sum::<S, K, N>(simd, &side.inputs[at], &line);
    }
    values
}

#[inline(always)]
fn sum<S: Simd, const K: usize, const N: usize>(simd: S, factors: &[f32; LONGEST], values: &[S::f32s; N]) -> S::f32s {
    let mut sum = simd.mul_f32s(simd.splat_f32s(factors[0]), values[0]);
    for at in 1..K {
        sum = simd.mul_add_e_f32s(simd.splat_f32s(factors[at]), values[at], sum);
    }
    sum
}
