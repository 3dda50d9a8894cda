//! Transposition of blocks of 16 x 16 values.

#![allow(clippy::needless_range_loop, reason = "iterators over arrays of registers go through memory")]
#![allow(clippy::inline_always, reason = "a function is compiled for an instruction set only as part of its caller")]

use pulp::Simd;

use super::lanes::{LANES, Lanes};

/// Writes row `i` of `rows` to column `i` of `columns`.
#[inline(always)]
pub(crate) fn transpose<S: Simd>(simd: S, rows: [&Lanes; LANES], columns: &mut [Lanes; LANES]) {
    if S::F32_LANES != LANES {
        for (at, column) in columns.iter_mut().enumerate() {
            for (value, row) in column.iter_mut().zip(rows) {
                *value = row[at];
            }
        }
        return;
    }
    let mut v = [simd.splat_f32s(0.0); LANES];
    for at in 0..LANES {
        v[at] = S::as_simd_f32s(rows[at]).0[0];
    }
    for at in (0..LANES).step_by(2) {
        let [x, y] = simd.deinterleave_shfl_f32s([v[at], v[at + 1]]);
        v[at] = x;
        v[at + 1] = y;
    }
    exchange::<S, 2>(simd, &mut v);
    exchange::<S, 4>(simd, &mut v);
    exchange::<S, 8>(simd, &mut v);
    for at in 0..LANES {
        S::as_mut_simd_f32s(&mut columns[at]).0[0] = v[at];
    }
}

/// Exchanges the blocks of `STEP` x `STEP` values that face each other across the diagonal.
#[inline(always)]
fn exchange<S: Simd, const STEP: usize>(simd: S, v: &mut [S::f32s; LANES]) {
    let mut second_half = [0.0; LANES];
    for (at, place) in second_half.iter_mut().enumerate() {
        *place = if at & STEP == 0 { 0.0 } else { 1.0 };
    }
    let second = simd.greater_than_f32s(S::as_simd_f32s(&second_half).0[0], simd.splat_f32s(0.5));
    for at in 0..LANES {
        if at & STEP == 0 {
            let (x, y) = (v[at], v[at + STEP]);
            v[at] = simd.select_f32s(second, simd.rotate_right_f32s(y, STEP), x);
            v[at + STEP] = simd.select_f32s(second, y, simd.rotate_left_f32s(x, STEP));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::dispatch::{dispatch, kinds::on_every_kind};
    use super::*;
    use pulp::WithSimd;

    struct Transpose<'r>(&'r [Lanes; LANES]);

    impl WithSimd for Transpose<'_> {
        type Output = [Lanes; LANES];

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
            let mut columns = [[0.0; LANES]; LANES];
            transpose(simd, self.0.each_ref(), &mut columns);
            columns
        }
    }

    #[test]
    fn rows_become_columns() {
        let rows: [Lanes; LANES] = std::array::from_fn(|row| std::array::from_fn(|column| (row * 100 + column) as f32));
        let transposed: [Lanes; LANES] =
            std::array::from_fn(|row| std::array::from_fn(|column| (column * 100 + row) as f32));
        on_every_kind(|| assert_eq!(dispatch(Transpose(&rows)), transposed));
    }
}
