//! The product of rows and a packed matrix.

#![allow(clippy::inline_always, reason = "a function is compiled for an instruction set only as part of its caller")]

use pulp::{Simd, WithSimd};

use super::panel::Panel;
use crate::simd::{LANES, Lanes};

/// Rows whose sums are in registers at once (`m_r`).
const MR: usize = 6;
/// Groups of channels that are multiplied before the next ones are started (`k_c`). Their factors, 4 KiB a group, stay in the
/// first-level cache while all rows go by.
const KC: usize = 8;

/// Computes `into[j][t] = sum over g, c of a(g)[t][c] * b(g)[c][j]`: rows `t`, groups `g` of [`LANES`] channels `c`, up to
/// [`PANEL_GROUPS`](super::PANEL_GROUPS) groups `j` of filters. The terms of a sum are added in the order of the channels.
pub(crate) struct Multiply<'m> {
    pub(crate) into: &'m mut [&'m mut [Lanes]],
    pub(crate) a: &'m (dyn Fn(usize) -> &'m [Lanes] + 'm),
    pub(crate) b: &'m (dyn Fn(usize) -> &'m Panel + 'm),
    pub(crate) groups: usize,
}

impl WithSimd for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { into, a, b, groups } = self;
        for start in (0..groups).step_by(KC) {
            let deep = KC.min(groups - start);
            let a: [&[Lanes]; KC] = std::array::from_fn(|at| a(start + at.min(deep - 1)));
            let b: [&Panel; KC] = std::array::from_fn(|at| b(start + at.min(deep - 1)));
            let (a, b) = (&a[..deep], &b[..deep]);
            let first = start == 0;
            match (S::F32_LANES, into.len()) {
                (16, 4) => all_rows::<S, MR, 4, 4>(simd, into, a, b, 0, first),
                (16, 3) => all_rows::<S, MR, 3, 3>(simd, into, a, b, 0, first),
                (16, 2) => all_rows::<S, MR, 2, 2>(simd, into, a, b, 0, first),
                (16, _) => all_rows::<S, MR, 1, 1>(simd, into, a, b, 0, first),
                (8, wide) => (0..wide).for_each(|at| all_rows::<S, MR, 1, 2>(simd, into, a, b, at, first)),
                (4, wide) => (0..wide).for_each(|at| all_rows::<S, 2, 1, 4>(simd, into, a, b, at, first)),
                (_, wide) => (0..wide).for_each(|at| all_rows::<S, 1, 1, 16>(simd, into, a, b, at, first)),
            }
        }
    }
}

/// Multiplies all rows, `R` at a time, by the `G` groups of filters from `at` on, which fill `W` registers.
#[inline(always)]
fn all_rows<S: Simd, const R: usize, const G: usize, const W: usize>(
    simd: S,
    into: &mut [&mut [Lanes]],
    a: &[&[Lanes]],
    b: &[&Panel],
    at: usize,
    first: bool,
) {
    let rows = into[at].len();
    let mut row = 0;
    while row + R <= rows {
        micro_kernel::<S, R, G, W>(simd, into, a, b, at, row, first);
        row += R;
    }
    // A few rows at once wait for the latency of their own sums: three rows take hardly longer than one.
    if R > 3 && row + 3 <= rows {
        micro_kernel::<S, 3, G, W>(simd, into, a, b, at, row, first);
        row += 3;
    }
    if R > 2 && row + 2 <= rows {
        micro_kernel::<S, 2, G, W>(simd, into, a, b, at, row, first);
        row += 2;
    }
    for row in row..rows {
        micro_kernel::<S, 1, G, W>(simd, into, a, b, at, row, first);
    }
}

#[inline(always)]
fn micro_kernel<S: Simd, const R: usize, const G: usize, const W: usize>(
    simd: S,
    into: &mut [&mut [Lanes]],
    a: &[&[Lanes]],
    b: &[&Panel],
    at: usize,
    row: usize,
    first: bool,
) {
    let mut sums = [[simd.splat_f32s(0.0); W]; R];
    let parts = W / G;
    if !first {
        for (group, into) in into[at..at + G].iter().enumerate() {
            for (sums, into) in sums.iter_mut().zip(&into[row..row + R]) {
                sums[group * parts..][..parts].copy_from_slice(S::as_simd_f32s(into).0);
            }
        }
    }
    for (a, b) in a.iter().zip(b) {
        let Some(a) = a[row..].first_chunk::<R>() else { return };
        for channel in 0..LANES {
            let (b, _) = S::as_simd_f32s(b[channel][at..at + G].as_flattened());
            let Some(b) = b.first_chunk::<W>() else { return };
            for (sums, a) in sums.iter_mut().zip(a) {
                let factor = simd.splat_f32s(a[channel]);
                for (sum, &b) in sums.iter_mut().zip(b) {
                    *sum = simd.mul_add_e_f32s(factor, b, *sum);
                }
            }
        }
    }
    for (group, into) in into[at..at + G].iter_mut().enumerate() {
        for (sums, into) in sums.iter().zip(&mut into[row..row + R]) {
            S::as_mut_simd_f32s(into).0.copy_from_slice(&sums[group * parts..][..parts]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::panel::{PANEL_GROUPS, panels};
    use super::*;
    use crate::simd::{dispatch, on_every_kind};

    fn drawn(count: usize, seed: usize) -> Vec<Lanes> {
        let value = |at: usize| ((at * 7919 + seed * 104_729) % 1009) as f32 / 504.5 - 1.0;
        (0..count).map(|at| std::array::from_fn(|lane| value(at * LANES + lane))).collect()
    }

    /// Compares every width with sums in `f64`, for numbers of rows and groups that are not multiples of the block sizes.
    fn check() {
        for (wide, rows, groups) in [(1, 7, 1), (2, 13, 3), (3, 12, 9), (4, 23, 17)] {
            let (a, b) = (drawn(groups * rows, 1), drawn(groups * LANES * PANEL_GROUPS, 2));
            let b = panels(&b);
            let mut into = vec![vec![[f32::NAN; LANES]; rows]; wide];
            let mut slices: Vec<&mut [Lanes]> = into.iter_mut().map(Vec::as_mut_slice).collect();
            let (left, right) = (|group: usize| &a[group * rows..][..rows], |group: usize| &b[group]);
            dispatch(Multiply { into: &mut slices, a: &left, b: &right, groups });
            for (at, row, lane) in (0..wide * rows * LANES).map(|at| (at / LANES / rows, at / LANES % rows, at % LANES))
            {
                let pairs = (0..groups * LANES)
                    .map(|c| (a[c / LANES * rows + row][c % LANES], b[c / LANES][c % LANES][at][lane]));
                let exact: f64 = pairs.map(|(a, b)| f64::from(a) * f64::from(b)).sum();
                assert!((f64::from(into[at][row][lane]) - exact).abs() < 2e-5, "{wide} {rows} {groups}");
            }
        }
    }

    #[test]
    fn products_are_correct_with_every_instruction_set() {
        on_every_kind(check);
    }
}
