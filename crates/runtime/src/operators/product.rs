//! Small matrix products whose operands lie in a core's cache: parts of larger ones that an operator goes through once.

#![allow(clippy::inline_always, reason = "only what is part of the dispatched function is made for its processor")]

use pulp::{Arch, Simd, WithSimd};

/// Columns of every operand are a multiple of this: [`WIDE`] registers of the widest kind.
pub(super) const LANES: usize = WIDE * 16;
/// Registers in a row of the result, and rows of them, that are summed up at once.
const WIDE: usize = 4;
const ROWS: usize = 4;

/// `into += a * b`, row by row: `into` is `[rows, columns]`, `a` is `[rows, depth]`, `b` is `[depth, columns]`. `columns` is
/// a multiple of [`LANES`]. Each sum is taken in the order of `depth`.
pub(super) fn add_product(arch: Arch, into: &mut [f32], a: &[f32], b: &[f32], columns: usize) {
    debug_assert!(columns.is_multiple_of(LANES));
    let depth = b.len().checked_div(columns).unwrap_or_default();
    if depth > 0 {
        arch.dispatch(Product { into, a, b, columns, depth });
    }
}

struct Product<'m> {
    into: &'m mut [f32],
    a: &'m [f32],
    b: &'m [f32],
    columns: usize,
    depth: usize,
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { into, a, b, columns, depth } = self;
        let mut blocks = into.chunks_exact_mut(ROWS * columns);
        let mut left = a.chunks_exact(ROWS * depth);
        for (into, a) in blocks.by_ref().zip(left.by_ref()) {
            block::<S, ROWS>(simd, into, a, b, columns);
        }
        let last = blocks.into_remainder().chunks_exact_mut(columns);
        for (into, a) in last.zip(left.remainder().chunks_exact(depth)) {
            block::<S, 1>(simd, into, a, b, columns);
        }
    }
}

/// `R` rows of the result, [`WIDE`] registers of each at a time.
#[inline(always)]
fn block<S: Simd, const R: usize>(simd: S, into: &mut [f32], a: &[f32], b: &[f32], columns: usize) {
    let depth = a.len() / R;
    let wide = WIDE * S::F32_LANES;
    for start in (0..columns).step_by(wide) {
        let range = start..start + wide;
        let mut sums = [[simd.splat_f32s(0.0); WIDE]; R];
        for (row, sums) in sums.iter_mut().enumerate() {
            let (values, _) = S::as_simd_f32s(&into[row * columns..][range.clone()]);
            sums.copy_from_slice(values);
        }
        for (at, row) in b.chunks_exact(columns).enumerate() {
            let (values, _) = S::as_simd_f32s(&row[range.clone()]);
            for (row, sums) in sums.iter_mut().enumerate() {
                let factor = simd.splat_f32s(a[row * depth + at]);
                for (sum, &value) in sums.iter_mut().zip(values) {
                    *sum = simd.mul_add_e_f32s(factor, value, *sum);
                }
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            let (values, _) = S::as_mut_simd_f32s(&mut into[row * columns..][range.clone()]);
            values.copy_from_slice(sums);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_product(rows in 1..11_usize, depth in 0..9_usize, wide in 1..4_usize, seed in 0..1000_u32) {
            let columns = wide * LANES;
            let mut state = seed;
            let mut drawn = |count: usize| -> Vec<f32> {
                (0..count).map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (f64::from(state >> 8) / f64::from(1 << 23) - 1.0) as f32
                }).collect()
            };
            let (a, b, mut into) = (drawn(rows * depth), drawn(depth * columns), drawn(rows * columns));
            let mut expected: Vec<f64> = into.iter().map(|&value| f64::from(value)).collect();
            for (at, sum) in expected.iter_mut().enumerate() {
                let (row, column) = (at / columns, at % columns);
                *sum += (0..depth).map(|k| f64::from(a[row * depth + k]) * f64::from(b[k * columns + column])).sum::<f64>();
            }
            add_product(Arch::new(), &mut into, &a, &b, columns);
            for (found, expected) in into.iter().zip(expected) {
                prop_assert!((f64::from(*found) - expected).abs() < 1e-5, "{found}, not {expected}");
            }
        }
    }
}
