//! Blocks of 16 by 16 values, rows for columns.

#![allow(clippy::inline_always, reason = "only what is part of the dispatched function is made for its processor")]

use crate::spectra::{LANES, Lanes};
use pulp::Simd;

/// Row `i` of the result is column `i` of `rows`.
#[inline(always)]
pub(crate) fn transpose<S: Simd>(simd: S, rows: &[Lanes; LANES]) -> [Lanes; LANES] {
    if S::F32_LANES != LANES {
        return std::array::from_fn(|column| std::array::from_fn(|row| rows[row][column]));
    }
    let mut v: [S::f32s; LANES] = std::array::from_fn(|row| S::as_simd_f32s(&rows[row]).0[0]);
    for at in (0..LANES).step_by(2) {
        [v[at], v[at + 1]] = simd.deinterleave_shfl_f32s([v[at], v[at + 1]]);
    }
    for step in [2, 4, 8] {
        let places: Lanes = std::array::from_fn(|at| if at & step == 0 { 0.0 } else { 1.0 });
        let second = simd.greater_than_f32s(S::as_simd_f32s(&places).0[0], simd.splat_f32s(0.5));
        for at in (0..LANES).filter(|at| at & step == 0) {
            let (x, y) = (v[at], v[at + step]);
            v[at] = simd.select_f32s(second, simd.rotate_right_f32s(y, step), x);
            v[at + step] = simd.select_f32s(second, y, simd.rotate_left_f32s(x, step));
        }
    }
    let mut columns = [[0.0; LANES]; LANES];
    for (column, v) in columns.iter_mut().zip(v) {
        S::as_mut_simd_f32s(column).0[0] = v;
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::{Arch, Scalar, WithSimd};

    struct Turn<'r>(&'r [Lanes; LANES]);

    impl WithSimd for Turn<'_> {
        type Output = [Lanes; LANES];

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
            transpose(simd, self.0)
        }
    }

    #[test]
    fn rows_become_columns() {
        let rows: [Lanes; LANES] = std::array::from_fn(|row| std::array::from_fn(|column| (row * 100 + column) as f32));
        let turned: [Lanes; LANES] =
            std::array::from_fn(|row| std::array::from_fn(|column| (column * 100 + row) as f32));
        assert_eq!(Arch::new().dispatch(Turn(&rows)), turned);
        assert_eq!(transpose(Scalar, &rows), turned);
    }
}
