//! The product of a transposed matrix and a matrix, added to a panel.

#![allow(clippy::inline_always, reason = "a function is compiled for an instruction set only as part of its caller")]

use pulp::{Simd, WithSimd};

use super::panel::Panel;
use crate::simd::Lanes;

/// Computes `into[c][j] += sum over t of a[t][c] * b[j][t]`: one of [`LANES`](crate::LANES) channels `c`, rows `t`, up to
/// [`PANEL_GROUPS`](super::PANEL_GROUPS) groups `j` of filters. The terms of a sum are added in the order of the rows.
pub(crate) struct MultiplyTransposed<'m> {
    pub(crate) into: &'m mut Panel,
    pub(crate) a: &'m [Lanes],
    pub(crate) b: &'m [&'m [Lanes]],
}

impl WithSimd for MultiplyTransposed<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { into, a, b } = self;
        let wide = b.len();
        if S::F32_LANES == 16 {
            for at in (0..wide - wide % 2).step_by(2) {
                micro_kernel::<S, 0, 8, 2, 2>(simd, into, a, b, at);
                micro_kernel::<S, 8, 8, 2, 2>(simd, into, a, b, at);
            }
            if wide % 2 == 1 {
                micro_kernel::<S, 0, 16, 1, 1>(simd, into, a, b, wide - 1);
            }
            return;
        }
        for at in 0..wide {
            match S::F32_LANES {
                8 => {
                    micro_kernel::<S, 0, 6, 1, 2>(simd, into, a, b, at);
                    micro_kernel::<S, 6, 5, 1, 2>(simd, into, a, b, at);
                    micro_kernel::<S, 11, 5, 1, 2>(simd, into, a, b, at);
                }
                4 => {
                    micro_kernel::<S, 0, 4, 1, 4>(simd, into, a, b, at);
                    micro_kernel::<S, 4, 4, 1, 4>(simd, into, a, b, at);
                    micro_kernel::<S, 8, 4, 1, 4>(simd, into, a, b, at);
                    micro_kernel::<S, 12, 4, 1, 4>(simd, into, a, b, at);
                }
                _ => micro_kernel::<S, 0, 16, 1, 16>(simd, into, a, b, at),
            }
        }
    }
}

/// Multiplies `R` channels from `FROM` on by the `G` groups of filters from `at` on, which fill `W` registers.
#[inline(always)]
fn micro_kernel<S: Simd, const FROM: usize, const R: usize, const G: usize, const W: usize>(
    simd: S,
    into: &mut Panel,
    a: &[Lanes],
    b: &[&[Lanes]],
    at: usize,
) {
    let rows = a.len();
    let b: [&[Lanes]; G] = std::array::from_fn(|group| &b[at + group][..rows]);
    let parts = W / G;
    let mut sums = [[simd.splat_f32s(0.0); W]; R];
    for (sums, into) in sums.iter_mut().zip(&into[FROM..]) {
        sums.copy_from_slice(S::as_simd_f32s(into[at..at + G].as_flattened()).0);
    }
    for row in 0..rows {
        let mut factors = [simd.splat_f32s(0.0); W];
        for (group, b) in b.iter().enumerate() {
            factors[group * parts..][..parts].copy_from_slice(S::as_simd_f32s(&b[row]).0);
        }
        for (channel, sums) in sums.iter_mut().enumerate() {
            let factor = simd.splat_f32s(a[row][FROM + channel]);
            for (sum, &b) in sums.iter_mut().zip(&factors) {
                *sum = simd.mul_add_e_f32s(factor, b, *sum);
            }
        }
    }
    for (sums, into) in sums.iter().zip(&mut into[FROM..]) {
        S::as_mut_simd_f32s(into[at..at + G].as_flattened_mut()).0.copy_from_slice(sums);
    }
}

#[cfg(test)]
mod tests {
    use super::super::panel::PANEL_GROUPS;
    use super::*;
    use crate::simd::{LANES, dispatch, on_every_kind};

    fn drawn(count: usize, seed: usize) -> Vec<Lanes> {
        let value = |at: usize| ((at * 7919 + seed * 104_729) % 1009) as f32 / 504.5 - 1.0;
        (0..count).map(|at| std::array::from_fn(|lane| value(at * LANES + lane))).collect()
    }

    fn check() {
        for (wide, rows) in [(1, 7), (2, 13), (3, 12), (4, 23)] {
            let (a, b) = (drawn(rows, 3), drawn(rows * wide, 4));
            let b: Vec<&[Lanes]> = b.chunks(rows).collect();
            let mut into = [[[0.5; LANES]; PANEL_GROUPS]; LANES];
            dispatch(MultiplyTransposed { into: &mut into, a: &a, b: &b });
            for (channel, at, lane) in (0..LANES * PANEL_GROUPS * LANES)
                .map(|at| (at / LANES / PANEL_GROUPS, at / LANES % PANEL_GROUPS, at % LANES))
            {
                let pairs = a.iter().zip(b.get(at).copied().unwrap_or_default()).map(|(a, b)| (a[channel], b[lane]));
                let exact: f64 = 0.5 + pairs.map(|(a, b)| f64::from(a) * f64::from(b)).sum::<f64>();
                assert!((f64::from(into[channel][at][lane]) - exact).abs() < 2e-5, "{wide} {rows}");
            }
        }
    }

    #[test]
    fn products_are_correct_with_every_instruction_set() {
        on_every_kind(check);
    }
}
