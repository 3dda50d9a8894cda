//! Short correlations with fewer products: the Toom-Cook algorithm that convolutional networks know as Winograd's.
//!
//! `m` outputs of `r` taps take `n = m + r - 1` products: those of two polynomials' values at `n` points
//! (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016; Barabasz et al., "Error Analysis and Improving
//! the Accuracy of Winograd Convolution for Deep Neural Networks", 2020). With `M(x)` the product of `x - p` over the finite
//! points, the `n` inputs `d` give, for each point `p`, the sum of `d` by the coefficients of `M(x) / (x - p)`; the taps `g`
//! give `g(p)` over the product of `p - q` over the others; and output `i` is the sum of the products by `p^i`. The last point
//! is infinity: there the inputs meet `M(x)`, and of taps and outputs the last alone.
//!
//! The points 0, 1, -1, 2, -2, 1/2, -1/2 have small errors among those that make the sums short. The error grows with the number of
//! points, and is larger where there are few taps: five and four taps take eight, fewer seven. The error is 5.2 times that of a plain `f32` sum at
//! five taps each way and 64 channels, 6.0 times at three taps and 256 channels (`tests/accuracy.rs`).

#![allow(clippy::needless_range_loop, reason = "with iterators registers end up in memory")]
#![allow(clippy::inline_always, reason = "only what is part of the dispatched function is made for its processor")]

use pulp::Simd;

/// Inputs of the short correlations of few taps, and products.
pub(crate) const SHORTEST: usize = 7;
/// Those of many taps.
pub(crate) const LONGEST: usize = 8;

/// Inputs of a short correlation of so many taps, and products.
pub(crate) const fn length(taps: usize) -> usize {
    if taps > 3 { LONGEST } else { SHORTEST }
}

/// The finite points: of `n` points the first `n - 1` of these.
pub const POINTS: [f64; LONGEST - 1] = [0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5];

/// The coefficients of the product of `x - root`, from the constant one on.
pub fn polynomial(roots: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut coefficients = vec![1.0];
    for root in roots {
        let mut next = vec![0.0; coefficients.len() + 1];
        for (at, coefficient) in coefficients.iter().enumerate() {
            next[at + 1] += coefficient;
            next[at] -= root * coefficient;
        }
        coefficients = next;
    }
    coefficients
}

/// What `R` taps are multiplied by at `N` points: row `j` holds `p_j^k` over the product of `p_j - p_l`; the last row takes the last
/// tap.
pub(crate) const fn taps<const R: usize, const N: usize>() -> [[f32; R]; N] {
    let mut table = [[0.0; R]; N];
    let mut row = 0;
    while row < N - 1 {
        let mut value = 1.0;
        let mut other = 0;
        while other < N - 1 {
            if other != row {
                value /= POINTS[row] - POINTS[other];
            }
            other += 1;
        }
        let mut tap = 0;
        while tap < R {
            table[row][tap] = value as f32;
            value *= POINTS[row];
            tap += 1;
        }
        row += 1;
    }
    table[N - 1][R - 1] = 1.0;
    table
}

/// The sums of 7 or 8 inputs, by the coefficients of `M(x) / (x - p)`, the common factors taken first.
#[inline(always)]
pub(crate) fn inputs<S: Simd, const N: usize>(simd: S, d: [S::f32s; N]) -> [S::f32s; N] {
    let by = |factor: f32| simd.splat_f32s(factor);
    let add = |factor: f32, x: S::f32s, y: S::f32s| simd.mul_add_e_f32s(by(factor), x, y);
    let both = |even: S::f32s, odd: S::f32s| [simd.add_f32s(even, odd), simd.sub_f32s(even, odd)];
    let mut sums = [by(0.0); N];
    if N == LONGEST {
        // M(x) = x (x^2 - 1) (x^2 - 4) (x^2 - 1/4): the factors but one, in the even and the odd inputs.
        let all = |at: usize| add(-5.25, simd.sub_f32s(d[at + 4], d[at + 2]), simd.sub_f32s(d[at + 6], d[at]));
        let one = |at: usize| add(-4.25, d[at + 2], simd.add_f32s(d[at], d[at + 4]));
        let two = |at: usize| add(0.25, d[at], add(-1.25, d[at + 2], d[at + 4]));
        let half = |at: usize| add(4.0, d[at], add(-5.0, d[at + 2], d[at + 4]));
        [sums[0], sums[N - 1]] = [all(0), all(1)];
        [sums[1], sums[2]] = both(one(2), one(1));
        let (even, odd) = (two(2), two(1));
        [sums[3], sums[4]] = [add(2.0, odd, even), add(-2.0, odd, even)];
        let (even, odd) = (half(2), half(1));
        [sums[5], sums[6]] = [add(0.5, odd, even), add(-0.5, odd, even)];
    } else {
        // M(x) = x (x^2 - 1) (x^2 - 4) (x - 1/2): its last factor first, but for the point 1/2.
        let q = |at: usize| add(-0.5, d[at], d[at + 1]);
        let q = [q(0), q(1), q(2), q(3), q(4), q(5)];
        let squares = |x: S::f32s, y: S::f32s, z: S::f32s| add(4.0, x, add(-5.0, y, z));
        [sums[0], sums[5], sums[6]] = [squares(q[0], q[2], q[4]), squares(d[1], d[3], d[5]), squares(q[1], q[3], q[5])];
        [sums[1], sums[2]] = both(add(-4.0, q[2], q[4]), add(-4.0, q[1], q[3]));
        let (even, odd) = (simd.sub_f32s(q[4], q[2]), simd.sub_f32s(q[3], q[1]));
        [sums[3], sums[4]] = [add(2.0, odd, even), add(-2.0, odd, even)];
    }
    sums
}

/// The `M` outputs: output `i` is the sum of the products by `p^i`, and the last takes the last product too.
#[inline(always)]
pub(crate) fn outputs<S: Simd, const M: usize, const N: usize>(simd: S, v: [S::f32s; N]) -> [S::f32s; M] {
    let both = |at: usize| [simd.add_f32s(v[at], v[at + 1]), simd.sub_f32s(v[at], v[at + 1])];
    let (one, two) = (both(1), both(3));
    let half = if N == LONGEST { both(5) } else { [v[5]; 2] };
    let mut written = [simd.splat_f32s(0.0); M];
    for at in 0..M {
        let power = (1_u32 << at) as f32;
        let sum = simd.mul_add_e_f32s(simd.splat_f32s(power), two[at % 2], one[at % 2]);
        let sum = simd.mul_add_e_f32s(simd.splat_f32s(1.0 / power), half[at % 2], sum);
        written[at] = match at {
            0 => simd.add_f32s(sum, v[0]),
            at if at + 1 == M => simd.add_f32s(sum, v[N - 1]),
            _ => sum,
        };
    }
    written
}

/// The transpose of [`outputs`]: what each product gets of the `M` gradients by the outputs.
#[inline(always)]
pub(crate) fn back<S: Simd, const M: usize, const N: usize>(simd: S, y: [S::f32s; M]) -> [S::f32s; N] {
    let sums = |step: f32| {
        let mut both = [simd.splat_f32s(0.0); 2];
        for (at, &y) in y.iter().enumerate() {
            both[at % 2] = simd.mul_add_e_f32s(simd.splat_f32s(step.powi(at as i32)), y, both[at % 2]);
        }
        [simd.add_f32s(both[0], both[1]), simd.sub_f32s(both[0], both[1])]
    };
    let mut values = [y[0]; N];
    [values[1], values[2]] = sums(1.0);
    [values[3], values[4]] = sums(2.0);
    let half = sums(0.5);
    values[5] = half[0];
    if N == LONGEST {
        values[6] = half[1];
    }
    values[N - 1] = y[M - 1];
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::Scalar;

    /// The table's row for a point, exact: each entry times the product of the differences is a power of the point.
    fn exact_taps<const R: usize, const N: usize>(g: [f64; R]) -> [f64; N] {
        let points = &POINTS[..N - 1];
        std::array::from_fn(|row| {
            let Some(&point) = points.get(row) else { return g[R - 1] };
            let others = (0..N - 1).filter(|&other| other != row).map(|other| point - points[other]).product::<f64>();
            g.iter().rev().fold(0.0, |sum, &tap| sum * point + tap) / others
        })
    }

    /// Integers go through [`inputs`], [`outputs`] and [`back`] without rounding: their sums are below 2^24 and in fractions of a power of 2.
    fn identity<const M: usize, const R: usize, const N: usize>() {
        assert_eq!((M + R, length(R)), (N + 1, N));
        for (seed, tap) in (0..40).flat_map(|seed| (0..R).map(move |tap| (seed, tap))) {
            let read: [f32; N] = std::array::from_fn(|at| ((seed * 31 + at * at * 17 + at * 5) % 23) as f32 - 11.0);
            // 90 is a multiple of the odd part of every product of differences.
            let factors = exact_taps::<R, N>(std::array::from_fn(|at| if at == tap { 90.0 } else { 0.0 }));
            let values = inputs(Scalar, read);
            let products: [f32; N] = std::array::from_fn(|at| (f64::from(values[at]) * factors[at]) as f32);
            let written: [f32; M] = outputs(Scalar, products);
            for (at, &found) in written.iter().enumerate() {
                assert!((found - 90.0 * read[at + tap]).abs() < 1e-6, "{M} outputs of {R} taps, tap {tap}: {found}");
            }
            for (row, (found, exact)) in taps::<R, N>().into_iter().zip(factors).enumerate() {
                assert!((f64::from(found[tap]) - exact / 90.0).abs() < 1e-7, "{R} taps, point {row}");
            }
            // back is the transpose of outputs: <outputs(v), y> = <v, back(y)>.
            let gradient: [f32; M] = std::array::from_fn(|at| read[(at * 3 + 1) % N]);
            let there: f32 = outputs::<_, M, N>(Scalar, read).into_iter().zip(gradient).map(|(a, b)| a * b).sum();
            let again: f32 = read.into_iter().zip(back::<_, M, N>(Scalar, gradient)).map(|(a, b)| a * b).sum();
            assert!((there - again).abs() < 1e-6, "{there}, {again}");
        }
    }

    #[test]
    fn it_is_the_correlation() {
        identity::<6, 2, 7>();
        identity::<5, 3, 7>();
        identity::<5, 4, 8>();
        identity::<4, 5, 8>();
    }
}
