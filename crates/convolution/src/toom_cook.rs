//! Short correlations with fewer products: the Toom-Cook algorithm that convolutional networks know as Winograd's.
//!
//! `m` outputs of `r` taps, `m + r = 8`, take seven products: those of two polynomials' values at seven points
//! (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016; Barabasz et al., "Error Analysis and Improving
//! the Accuracy of Winograd Convolution for Deep Neural Networks", 2020). With `M(x)` the product of `x - p` over the finite
//! points, the seven inputs `d` give, for each point `p`, the sum of `d` by the coefficients of `M(x) / (x - p)`; the taps `g`
//! give `g(p)` over the product of `p - q` over the others; and output `i` is the sum of the products by `p^i`. The last point
//! is infinity: there the inputs meet `M(x)`, and of taps and outputs the last alone.
//!
//! The points 0, 1, -1, 2, -2, 1/2 have small errors among those that make the sums short: an error of 5.6 times that of a
//! plain `f32` sum at three taps each way and 256 channels, 2.8 times at five taps and 64 channels.

#![allow(clippy::needless_range_loop, reason = "with iterators registers end up in memory")]
#![allow(clippy::inline_always, reason = "only what is part of the dispatched function is made for its processor")]

use pulp::Simd;

/// Inputs of a short correlation, and products.
pub(crate) const TILE: usize = 7;

/// The finite points.
pub(crate) const POINTS: [f64; TILE - 1] = [0.0, 1.0, -1.0, 2.0, -2.0, 0.5];

/// What taps are multiplied by: row `j` holds `p_j^k` over the product of `p_j - p_l`; the last row takes the last tap.
pub(crate) const fn taps<const R: usize>() -> [[f32; R]; TILE] {
    let mut table = [[0.0; R]; TILE];
    let mut row = 0;
    while row < POINTS.len() {
        let mut value = 1.0;
        let mut other = 0;
        while other < POINTS.len() {
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
    table[TILE - 1][R - 1] = 1.0;
    table
}

/// The seven sums of seven inputs, by the coefficients of `M(x) / (x - p)`, the common factors taken first.
#[inline(always)]
pub(crate) fn inputs<S: Simd>(simd: S, d: [S::f32s; TILE]) -> [S::f32s; TILE] {
    let by = |factor: f32| simd.splat_f32s(factor);
    let half = |at: usize| simd.mul_add_e_f32s(by(-0.5), d[at], d[at + 1]);
    let q = [half(0), half(1), half(2), half(3), half(4), half(5)];
    let squares =
        |x: S::f32s, y: S::f32s, z: S::f32s| simd.mul_add_e_f32s(by(4.0), x, simd.mul_add_e_f32s(by(-5.0), y, z));
    let (odd, even) = (simd.mul_add_e_f32s(by(-4.0), q[1], q[3]), simd.mul_add_e_f32s(by(-4.0), q[2], q[4]));
    let (odd_2, even_2) = (simd.sub_f32s(q[3], q[1]), simd.sub_f32s(q[4], q[2]));
    [
        squares(q[0], q[2], q[4]),
        simd.add_f32s(even, odd),
        simd.sub_f32s(even, odd),
        simd.mul_add_e_f32s(by(2.0), odd_2, even_2),
        simd.mul_add_e_f32s(by(-2.0), odd_2, even_2),
        squares(d[1], d[3], d[5]),
        squares(q[1], q[3], q[5]),
    ]
}

/// The `M` outputs: output `i` is the sum of the seven products by `p^i`, and the last takes the last product too.
#[inline(always)]
pub(crate) fn outputs<S: Simd, const M: usize>(simd: S, v: [S::f32s; TILE]) -> [S::f32s; M] {
    let (even, odd) = (simd.add_f32s(v[1], v[2]), simd.sub_f32s(v[1], v[2]));
    let (even_2, odd_2) = (simd.add_f32s(v[3], v[4]), simd.sub_f32s(v[3], v[4]));
    let mut written = [simd.splat_f32s(0.0); M];
    for at in 0..M {
        let (near, far) = if at % 2 == 0 { (even, even_2) } else { (odd, odd_2) };
        let power = (1_u32 << at) as f32;
        let sum = simd.mul_add_e_f32s(simd.splat_f32s(power), far, near);
        let sum = simd.mul_add_e_f32s(simd.splat_f32s(1.0 / power), v[5], sum);
        written[at] = match at {
            0 => simd.add_f32s(sum, v[0]),
            at if at + 1 == M => simd.add_f32s(sum, v[6]),
            _ => sum,
        };
    }
    written
}

/// The transpose of [`outputs`]: what each product gets of the `M` gradients by the outputs.
#[inline(always)]
pub(crate) fn back<S: Simd, const M: usize>(simd: S, y: [S::f32s; M]) -> [S::f32s; TILE] {
    let by = |factor: f32| simd.splat_f32s(factor);
    let sums = |step: f32| {
        let mut both = [simd.splat_f32s(0.0); 2];
        for (at, &y) in y.iter().enumerate() {
            both[at % 2] = simd.mul_add_e_f32s(by(step.powi(at as i32)), y, both[at % 2]);
        }
        both
    };
    let ([even, odd], [even_2, odd_2], [even_half, odd_half]) = (sums(1.0), sums(2.0), sums(0.5));
    [
        y[0],
        simd.add_f32s(even, odd),
        simd.sub_f32s(even, odd),
        simd.add_f32s(even_2, odd_2),
        simd.sub_f32s(even_2, odd_2),
        simd.add_f32s(even_half, odd_half),
        y[M - 1],
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::Scalar;

    /// The table's row for a point, exact: each entry times the product of the differences is a power of the point.
    fn exact_taps<const R: usize>(g: [f64; R]) -> [f64; TILE] {
        let mut values: [f64; TILE] = std::array::from_fn(|row| {
            let Some(&point) = POINTS.get(row) else { return g[R - 1] };
            let others =
                (0..POINTS.len()).filter(|&other| other != row).map(|other| point - POINTS[other]).product::<f64>();
            g.iter().rev().fold(0.0, |sum, &tap| sum * point + tap) / others
        });
        values[TILE - 1] = g[R - 1];
        values
    }

    /// Integers go through [`inputs`], [`outputs`] and [`back`] without rounding: their sums are below 2^24 and in eighths.
    fn identity<const M: usize, const R: usize>() {
        assert_eq!(M + R, TILE + 1);
        for (seed, tap) in (0..40).flat_map(|seed| (0..R).map(move |tap| (seed, tap))) {
            let read: [f32; TILE] = std::array::from_fn(|at| ((seed * 31 + at * at * 17 + at * 5) % 23) as f32 - 11.0);
            // 90 is a multiple of the odd part of every product of differences.
            let factors = exact_taps::<R>(std::array::from_fn(|at| if at == tap { 90.0 } else { 0.0 }));
            let values = inputs(Scalar, read);
            let products: [f32; TILE] = std::array::from_fn(|at| (f64::from(values[at]) * factors[at]) as f32);
            let written: [f32; M] = outputs(Scalar, products);
            for (at, &found) in written.iter().enumerate() {
                assert!((found - 90.0 * read[at + tap]).abs() < 1e-6, "{M} outputs of {R} taps, tap {tap}: {found}");
            }
            for (row, (found, exact)) in taps::<R>().into_iter().zip(factors).enumerate() {
                assert!((f64::from(found[tap]) - exact / 90.0).abs() < 1e-7, "{R} taps, point {row}");
            }
            // back is the transpose of outputs: <outputs(v), y> = <v, back(y)>.
            let gradient: [f32; M] = std::array::from_fn(|at| read[(at * 3 + 1) % TILE]);
            let there: f32 = outputs::<_, M>(Scalar, read).into_iter().zip(gradient).map(|(a, b)| a * b).sum();
            let again: f32 = read.into_iter().zip(back(Scalar, gradient)).map(|(a, b)| a * b).sum();
            assert!((there - again).abs() < 1e-6, "{there}, {again}");
        }
    }

    #[test]
    fn it_is_the_correlation() {
        identity::<6, 2>();
        identity::<5, 3>();
        identity::<4, 4>();
        identity::<3, 5>();
    }
}
