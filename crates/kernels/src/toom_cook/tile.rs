//! The correlation of whole tiles: `m` outputs of `r` taps from `n = m + r - 1` inputs, by `n` products.
//!
//! With `M(x)` the product of `x - p` over the finite points, the inputs `d` give, for each point `p`, the sum of `d` times the
//! coefficients of `M(x) / (x - p)`. The taps `g` give `g(p)` over the product of `p - q` over the other points `q`. Output `i` is the
//! sum of the products times `p^i`. At infinity, the inputs are multiplied by the coefficients of `M(x)`, and only the last tap and the
//! last output take part.

#![allow(clippy::needless_range_loop, reason = "iterators over arrays of registers go through memory")]
#![allow(clippy::inline_always, reason = "a function is compiled for an instruction set only as part of its caller")]

use pulp::Simd;

use super::points::{LONGEST, POINTS};

/// Returns the matrix that transforms `R` taps for `N` points: row `j` holds `p_j^k` over the product of `p_j - p_l`. The last row
/// selects the last tap.
pub(crate) const fn filter_matrix<const R: usize, const N: usize>() -> [[f32; R]; N] {
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

/// Returns the sums of 7 or 8 inputs `d` times the coefficients of `M(x) / (x - p)`. Factors that several sums share are taken out.
#[inline(always)]
pub(crate) fn transform_input<S: Simd, const N: usize>(simd: S, d: [S::f32s; N]) -> [S::f32s; N] {
    let by = |factor: f32| simd.splat_f32s(factor);
    let add = |factor: f32, x: S::f32s, y: S::f32s| simd.mul_add_e_f32s(by(factor), x, y);
    let both = |even: S::f32s, odd: S::f32s| [simd.add_f32s(even, odd), simd.sub_f32s(even, odd)];
    let mut sums = [by(0.0); N];
    if N == LONGEST {
        // M(x) = x (x^2 - 1) (x^2 - 4) (x^2 - 1/4). All factors but one, for the even and for the odd inputs.
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
        // M(x) = x (x^2 - 1) (x^2 - 4) (x - 1/2). The last factor comes first, except for the point 1/2.
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

/// Returns the `M` outputs from the `N` products `v`: output `i` is the sum of the products times `p^i`. The product at infinity is
/// added to the last output.
#[inline(always)]
pub(crate) fn transform_output<S: Simd, const M: usize, const N: usize>(simd: S, v: [S::f32s; N]) -> [S::f32s; M] {
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

/// Returns the `N` products of the gradients `y` by the `M` outputs: the transpose of [`transform_output`].
#[inline(always)]
pub(crate) fn transform_output_transposed<S: Simd, const M: usize, const N: usize>(
    simd: S,
    y: [S::f32s; M],
) -> [S::f32s; N] {
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
    use super::super::points::points_for;
    use super::*;
    use pulp::Scalar;

    /// Returns the exact transform of the taps `g`: `g(p)` over the product of the differences, and the last tap.
    fn exact_taps<const R: usize, const N: usize>(g: [f64; R]) -> [f64; N] {
        let points = &POINTS[..N - 1];
        std::array::from_fn(|row| {
            let Some(&point) = points.get(row) else { return g[R - 1] };
            let others = (0..N - 1).filter(|&other| other != row).map(|other| point - points[other]).product::<f64>();
            g.iter().rev().fold(0.0, |sum, &tap| sum * point + tap) / others
        })
    }

    /// Checks the transforms with integers, which they compute without rounding: all sums are below 2^24 and are multiples of a
    /// power of 2.
    fn identity<const M: usize, const R: usize, const N: usize>() {
        assert_eq!((M + R, points_for(R)), (N + 1, N));
        for (seed, tap) in (0..40).flat_map(|seed| (0..R).map(move |tap| (seed, tap))) {
            let read: [f32; N] = std::array::from_fn(|at| ((seed * 31 + at * at * 17 + at * 5) % 23) as f32 - 11.0);
            // 90 is a multiple of the odd part of every product of differences.
            let factors = exact_taps::<R, N>(std::array::from_fn(|at| if at == tap { 90.0 } else { 0.0 }));
            let values = transform_input(Scalar, read);
            let products: [f32; N] = std::array::from_fn(|at| (f64::from(values[at]) * factors[at]) as f32);
            let written: [f32; M] = transform_output(Scalar, products);
            for (at, &found) in written.iter().enumerate() {
                assert!((found - 90.0 * read[at + tap]).abs() < 1e-6, "{M} outputs of {R} taps, tap {tap}: {found}");
            }
            for (row, (found, exact)) in filter_matrix::<R, N>().into_iter().zip(factors).enumerate() {
                assert!((f64::from(found[tap]) - exact / 90.0).abs() < 1e-7, "{R} taps, point {row}");
            }
            // The transpose: <transform_output(v), y> = <v, transform_output_transposed(y)>.
            let gradient: [f32; M] = std::array::from_fn(|at| read[(at * 3 + 1) % N]);
            let there: f32 =
                transform_output::<_, M, N>(Scalar, read).into_iter().zip(gradient).map(|(a, b)| a * b).sum();
            let again: f32 = read
                .into_iter()
                .zip(transform_output_transposed::<_, M, N>(Scalar, gradient))
                .map(|(a, b)| a * b)
                .sum();
            assert!((there - again).abs() < 1e-6, "{there}, {again}");
        }
    }

    #[test]
    fn the_transforms_give_the_correlation() {
        identity::<6, 2, 7>();
        identity::<5, 3, 7>();
        identity::<5, 4, 8>();
        identity::<4, 5, 8>();
    }
}
