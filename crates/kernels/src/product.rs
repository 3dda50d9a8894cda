//! The products of transformed tiles and filters, and those of transformed tiles and gradients.

#![allow(clippy::inline_always, reason = "only what is part of the dispatched function is made for its processor")]

use crate::spectra::{LANES, Lanes};
use pulp::{Simd, WithSimd};

/// Groups of [`LANES`] filters whose factors lie side by side.
pub(crate) const WIDE: usize = 4;

/// Factors of [`WIDE`] groups of filters for [`LANES`] channels: one channel's, one row.
pub(crate) type Panel = [[Lanes; WIDE]; LANES];

/// Tiles whose sums are in registers at once.
const ROWS: usize = 6;
/// Groups of channels whose factors, 4 KiB each, stay in the first-level cache while all tiles go by.
const DEEP: usize = 8;

/// `into[j][t] = sum over g, c of a(g)[t][c] * b(g)[c][j]`: `t` tiles, `g` groups of [`LANES`] channels `c`, up to [`WIDE`]
/// groups `j` of filters. Sums are taken in the order of the channels.
pub(crate) struct Product<'m> {
    pub(crate) into: &'m mut [&'m mut [Lanes]],
    pub(crate) a: &'m (dyn Fn(usize) -> &'m [Lanes] + 'm),
    pub(crate) b: &'m (dyn Fn(usize) -> &'m Panel + 'm),
    pub(crate) groups: usize,
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { into, a, b, groups } = self;
        for start in (0..groups).step_by(DEEP) {
            let deep = DEEP.min(groups - start);
            let a: [&[Lanes]; DEEP] = std::array::from_fn(|at| a(start + at.min(deep - 1)));
            let b: [&Panel; DEEP] = std::array::from_fn(|at| b(start + at.min(deep - 1)));
            let (a, b) = (&a[..deep], &b[..deep]);
            let first = start == 0;
            match (S::F32_LANES, into.len()) {
                (16, 4) => columns::<S, ROWS, 4, 4>(simd, into, a, b, 0, first),
                (16, 3) => columns::<S, ROWS, 3, 3>(simd, into, a, b, 0, first),
                (16, 2) => columns::<S, ROWS, 2, 2>(simd, into, a, b, 0, first),
                (16, _) => columns::<S, ROWS, 1, 1>(simd, into, a, b, 0, first),
                (8, wide) => (0..wide).for_each(|at| columns::<S, ROWS, 1, 2>(simd, into, a, b, at, first)),
                (4, wide) => (0..wide).for_each(|at| columns::<S, 2, 1, 4>(simd, into, a, b, at, first)),
                (_, wide) => (0..wide).for_each(|at| columns::<S, 1, 1, 16>(simd, into, a, b, at, first)),
            }
        }
    }
}

/// All tiles by `G` groups of filters from `at`, which are `W` registers.
#[inline(always)]
fn columns<S: Simd, const R: usize, const G: usize, const W: usize>(
    simd: S,
    into: &mut [&mut [Lanes]],
    a: &[&[Lanes]],
    b: &[&Panel],
    at: usize,
    first: bool,
) {
    let tiles = into[at].len();
    let mut tile = 0;
    while tile + R <= tiles {
        block::<S, R, G, W>(simd, into, a, b, at, tile, first);
        tile += R;
    }
    // Few tiles at once wait for their own sums: three take hardly longer than one.
    if R > 3 && tile + 3 <= tiles {
        block::<S, 3, G, W>(simd, into, a, b, at, tile, first);
        tile += 3;
    }
    if R > 2 && tile + 2 <= tiles {
        block::<S, 2, G, W>(simd, into, a, b, at, tile, first);
        tile += 2;
    }
    for tile in tile..tiles {
        block::<S, 1, G, W>(simd, into, a, b, at, tile, first);
    }
}

#[inline(always)]
fn block<S: Simd, const R: usize, const G: usize, const W: usize>(
    simd: S,
    into: &mut [&mut [Lanes]],
    a: &[&[Lanes]],
    b: &[&Panel],
    at: usize,
    tile: usize,
    first: bool,
) {
    let mut sums = [[simd.splat_f32s(0.0); W]; R];
    let parts = W / G;
    if !first {
        for (group, into) in into[at..at + G].iter().enumerate() {
            for (sums, into) in sums.iter_mut().zip(&into[tile..tile + R]) {
                sums[group * parts..][..parts].copy_from_slice(S::as_simd_f32s(into).0);
            }
        }
    }
    for (a, b) in a.iter().zip(b) {
        let Some(a) = a[tile..].first_chunk::<R>() else { return };
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
        for (sums, into) in sums.iter().zip(&mut into[tile..tile + R]) {
            S::as_mut_simd_f32s(into).0.copy_from_slice(&sums[group * parts..][..parts]);
        }
    }
}

/// `into[c][j] += sum over t of a[t][c] * b[j][t]`: `c` is one of [`LANES`] channels, `t` a tile, `j` one of up to [`WIDE`]
/// groups of filters. Sums are taken in the order of the tiles.
pub(crate) struct Correlate<'m> {
    pub(crate) into: &'m mut Panel,
    pub(crate) a: &'m [Lanes],
    pub(crate) b: &'m [&'m [Lanes]],
}

impl WithSimd for Correlate<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { into, a, b } = self;
        let wide = b.len();
        if S::F32_LANES == 16 {
            for at in (0..wide - wide % 2).step_by(2) {
                rows::<S, 0, 8, 2, 2>(simd, into, a, b, at);
                rows::<S, 8, 8, 2, 2>(simd, into, a, b, at);
            }
            if wide % 2 == 1 {
                rows::<S, 0, 16, 1, 1>(simd, into, a, b, wide - 1);
            }
            return;
        }
        for at in 0..wide {
            match S::F32_LANES {
                8 => {
                    rows::<S, 0, 6, 1, 2>(simd, into, a, b, at);
                    rows::<S, 6, 5, 1, 2>(simd, into, a, b, at);
                    rows::<S, 11, 5, 1, 2>(simd, into, a, b, at);
                }
                4 => {
                    rows::<S, 0, 4, 1, 4>(simd, into, a, b, at);
                    rows::<S, 4, 4, 1, 4>(simd, into, a, b, at);
                    rows::<S, 8, 4, 1, 4>(simd, into, a, b, at);
                    rows::<S, 12, 4, 1, 4>(simd, into, a, b, at);
                }
                _ => rows::<S, 0, 16, 1, 16>(simd, into, a, b, at),
            }
        }
    }
}

/// `R` channels from `FROM` by `G` groups of filters from `at`, which are `W` registers.
#[inline(always)]
fn rows<S: Simd, const FROM: usize, const R: usize, const G: usize, const W: usize>(
    simd: S,
    into: &mut Panel,
    a: &[Lanes],
    b: &[&[Lanes]],
    at: usize,
) {
    let tiles = a.len();
    let b: [&[Lanes]; G] = std::array::from_fn(|group| &b[at + group][..tiles]);
    let parts = W / G;
    let mut sums = [[simd.splat_f32s(0.0); W]; R];
    for (sums, into) in sums.iter_mut().zip(&into[FROM..]) {
        sums.copy_from_slice(S::as_simd_f32s(into[at..at + G].as_flattened()).0);
    }
    for tile in 0..tiles {
        let mut row = [simd.splat_f32s(0.0); W];
        for (group, b) in b.iter().enumerate() {
            row[group * parts..][..parts].copy_from_slice(S::as_simd_f32s(&b[tile]).0);
        }
        for (channel, sums) in sums.iter_mut().enumerate() {
            let factor = simd.splat_f32s(a[tile][FROM + channel]);
            for (sum, &b) in sums.iter_mut().zip(&row) {
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
    use super::*;
    use crate::processor::dispatch;
    use crate::processor::tests::on_every_kind;

    fn drawn(count: usize, seed: usize) -> Vec<Lanes> {
        let value = |at: usize| ((at * 7919 + seed * 104_729) % 1009) as f32 / 504.5 - 1.0;
        (0..count).map(|at| std::array::from_fn(|lane| value(at * LANES + lane))).collect()
    }

    /// Both products, for every width and with tiles that leave some over, against sums in `f64`.
    fn check() {
        for (wide, tiles, groups) in [(1, 7, 1), (2, 13, 3), (3, 12, 9), (4, 23, 17)] {
            let (a, b) = (drawn(groups * tiles, 1), drawn(groups * LANES * WIDE, 2));
            let b: &[Panel] = b.as_chunks().0.as_chunks().0;
            let mut into = vec![vec![[f32::NAN; LANES]; tiles]; wide];
            let mut slices: Vec<&mut [Lanes]> = into.iter_mut().map(Vec::as_mut_slice).collect();
            let (left, right) = (|group: usize| &a[group * tiles..][..tiles], |group: usize| &b[group]);
            dispatch(Product { into: &mut slices, a: &left, b: &right, groups });
            for (at, tile, lane) in
                (0..wide * tiles * LANES).map(|at| (at / LANES / tiles, at / LANES % tiles, at % LANES))
            {
                let pairs = (0..groups * LANES)
                    .map(|c| (a[c / LANES * tiles + tile][c % LANES], b[c / LANES][c % LANES][at][lane]));
                let exact: f64 = pairs.map(|(a, b)| f64::from(a) * f64::from(b)).sum();
                assert!((f64::from(into[at][tile][lane]) - exact).abs() < 2e-5, "product {wide} {tiles} {groups}");
            }

            let (a, b) = (drawn(tiles, 3), drawn(tiles * wide, 4));
            let b: Vec<&[Lanes]> = b.chunks(tiles).collect();
            let mut into = [[[0.5; LANES]; WIDE]; LANES];
            dispatch(Correlate { into: &mut into, a: &a, b: &b });
            for (channel, at, lane) in
                (0..LANES * WIDE * LANES).map(|at| (at / LANES / WIDE, at / LANES % WIDE, at % LANES))
            {
                let pairs = a.iter().zip(b.get(at).copied().unwrap_or_default()).map(|(a, b)| (a[channel], b[lane]));
                let exact: f64 = 0.5 + pairs.map(|(a, b)| f64::from(a) * f64::from(b)).sum::<f64>();
                assert!((f64::from(into[channel][at][lane]) - exact).abs() < 2e-5, "correlation {wide} {tiles}");
            }
        }
    }

    #[test]
    fn they_are_the_products_on_every_kind_of_processor() {
        on_every_kind(check);
    }
}
