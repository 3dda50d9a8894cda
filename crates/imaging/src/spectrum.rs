//! The lowest spatial frequencies of the whole image, and of the image with a little cut off its sides.
//!
//! Sampling and the cosine transform are separable. All cuts with the same top and bottom share the work on the columns.
#![allow(clippy::inline_always, reason = "only code inside the dispatched function is compiled for the processor")]

use std::f32::consts::PI;
use std::sync::LazyLock;

use image::GrayImage;
use pulp::{Arch, Simd, WithSimd};

/// The number of frequencies per axis.
pub(crate) const FINE: usize = 16;
/// The number of samples per axis before the transform.
const SIDE: usize = 64;
/// The number of rows or columns in a block. It equals the number of frequencies, so that a block can be transposed.
const LANES: usize = FINE;

type Lanes = [f32; LANES];

/// The frequencies `[FINE, FINE]` (DCT-II). The rows are the vertical frequencies. The first value is the mean. All values have a common
/// scale that depends on the image.
pub(crate) type Spectrum = [f32; FINE * FINE];

/// Computes the spectra of `img`, indexed by the cut sides: bit 0 left, 1 top, 2 right, 3 bottom.
///
/// The width and height of `img` are 1 to 256 pixels. `cut` is the share that is cut off a side. The frequencies are those of the mean
/// luma of `[SIDE, SIDE]` equal parts of the rest.
pub(crate) fn spectra(img: &GrayImage, cut: f32) -> [Spectrum; 16] {
    Arch::new().dispatch(Spectra { img, cut })
}

struct Spectra<'a> {
    img: &'a GrayImage,
    cut: f32,
}

impl WithSimd for Spectra<'_> {
    type Output = [Spectrum; 16];

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Self::Output {
        let Self { img, cut } = self;
        let (width, height) = (img.width() as usize, img.height() as usize);
        let mut spectra = [[0.0; FINE * FINE]; 16];
        let down: [Edges; 4] = std::array::from_fn(|cuts| edges(height, cuts, cut));
        let across: [Edges; 4] = std::array::from_fn(|cuts| edges(width, cuts, cut));
        // For each vertical cut, `[width, FINE]` with padding to a full block.
        let padded = width.next_multiple_of(LANES);
        let mut columns = vec![[0.0; LANES]; 4 * padded];
        // The sums of the pixels above, and later of the pixels to the left. The first sum is 0.
        let mut sums = vec![[0.0; LANES]; height.max(width) + 1];
        for left in (0..width).step_by(LANES) {
            let here = left..width.min(left + LANES);
            for (y, row) in img.chunks_exact(width).enumerate() {
                let mut sum = sums[y];
                for (sum, luma) in sum.iter_mut().zip(&row[here.clone()]) {
                    *sum += f32::from(*luma);
                }
                sums[y + 1] = sum;
            }
            for (edges, columns) in down.iter().zip(columns.chunks_exact_mut(padded)) {
                let found = lowest(&sums, edges);
                for (x, column) in columns[left..left + LANES].iter_mut().enumerate() {
                    *column = std::array::from_fn(|frequency| found[frequency][x]);
                }
            }
        }
        for (vertical, columns) in columns.chunks_exact(padded).enumerate() {
            for (x, column) in columns[..width].iter().enumerate() {
                sums[x + 1] = std::array::from_fn(|lane| sums[x][lane] + column[lane]);
            }
            for (horizontal, edges) in across.iter().enumerate() {
                let found = lowest(&sums, edges);
                let sides = (horizontal & 1) | (vertical & 1) << 1 | (horizontal & 2) << 1 | (vertical & 2) << 2;
                for (at, value) in spectra[sides].iter_mut().enumerate() {
                    *value = found[at % FINE][at / FINE];
                }
            }
        }
        spectra
    }
}

/// Positions in a row or column: for each the index of its pixel, and the share of the pixel before the position.
type Edges = [(usize, f32); SIDE + 1];

/// Returns the edges of [`SIDE`] equal parts of `length` pixels. The share `cut` is cut off at the beginning (bit 0 of `cuts`) and at the
/// end (bit 1).
fn edges(length: usize, cuts: usize, cut: f32) -> Edges {
    let whole = length as f32;
    let from = if cuts & 1 == 1 { whole * cut } else { 0.0 };
    let to = if cuts & 2 == 2 { whole * (1.0 - cut) } else { whole };
    std::array::from_fn(|at| {
        let place = (from + (to - from) * at as f32 / SIDE as f32).clamp(0.0, whole);
        let pixel = (place as usize).min(length - 1);
        (pixel, place - pixel as f32)
    })
}

/// Computes the lowest frequencies of the parts between `edges`. `sums` has the sum of all pixels before each pixel, `[pixels + 1, LANES]`.
#[inline(always)]
fn lowest(sums: &[Lanes], edges: &Edges) -> [Lanes; FINE] {
    let place = |(pixel, share): (usize, f32)| -> Lanes {
        let (before, after) = (&sums[pixel], &sums[pixel + 1]);
        std::array::from_fn(|lane| before[lane] + (after[lane] - before[lane]) * share)
    };
    // Even waves are symmetric about the middle, and odd waves are antisymmetric.
    let mut halves = [[[0.0; LANES]; SIDE / 2]; 2];
    let (mut first, mut last) = (place(edges[0]), place(edges[SIDE]));
    for at in 0..SIDE / 2 {
        let (next, former) = (place(edges[at + 1]), place(edges[SIDE - 1 - at]));
        for lane in 0..LANES {
            let (one, other) = (next[lane] - first[lane], last[lane] - former[lane]);
            halves[0][at][lane] = one + other;
            halves[1][at][lane] = one - other;
        }
        (first, last) = (next, former);
    }
    let mut found = [[0.0; LANES]; FINE];
    for (odd, (waves, half)) in BASIS.iter().zip(&halves).enumerate() {
        for (group, waves) in waves.iter().enumerate() {
            // Four waves at a time, so that their sums stay in registers.
            let mut four = [[0.0; LANES]; 4];
            for (samples, waves) in half.iter().zip(waves) {
                for (sum, wave) in four.iter_mut().zip(waves) {
                    for lane in 0..LANES {
                        sum[lane] += samples[lane] * wave;
                    }
                }
            }
            for (at, sum) in four.into_iter().enumerate() {
                found[(group * 4 + at) * 2 + odd] = sum;
            }
        }
    }
    found
}

/// The cosines of the lowest frequencies (DCT-II) as `[even and odd, groups, samples of a half, 4]`. The first one is constant.
static BASIS: LazyLock<[[[[f32; 4]; SIDE / 2]; FINE / 8]; 2]> = LazyLock::new(|| {
    let cosine = |k: usize, n: usize| (PI * k as f32 * (2 * n + 1) as f32 / (2 * SIDE) as f32).cos();
    let wave = |k: usize, n: usize| if k == 0 { 0.5_f32.sqrt() } else { cosine(k, n) };
    std::array::from_fn(|odd| {
        std::array::from_fn(|group| {
            std::array::from_fn(|n| std::array::from_fn(|at| wave((group * 4 + at) * 2 + odd, n)))
        })
    })
});

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    const CUT: f32 = 0.05;

    /// Returns the mean of `values` between two positions. Each value extends from its index to the next.
    fn mean(values: &[f64], from: f64, to: f64) -> f64 {
        let overlap = |at: usize| (to.min(at as f64 + 1.0) - from.max(at as f64)).max(0.0);
        values.iter().enumerate().map(|(at, value)| value * overlap(at)).sum::<f64>() / (to - from)
    }

    /// Computes the lowest frequencies of the means of 64 equal parts of `values` by their definition. `cuts` says which ends are cut off.
    fn by_definition(values: &[f64], cuts: [bool; 2]) -> Vec<f64> {
        let cut = |is_cut: bool| if is_cut { values.len() as f64 * f64::from(CUT) } else { 0.0 };
        let (from, to) = (cut(cuts[0]), values.len() as f64 - cut(cuts[1]));
        let place = |at: usize| from + (to - from) * at as f64 / SIDE as f64;
        let samples: Vec<f64> = (0..SIDE).map(|at| mean(values, place(at), place(at + 1))).collect();
        let wave = |k: usize, n: usize| match k {
            0 => 0.5_f64.sqrt(),
            _ => (PI * k as f64 * (2 * n + 1) as f64 / (2 * SIDE) as f64).cos(),
        };
        (0..FINE).map(|k| samples.iter().enumerate().map(|(n, sample)| sample * wave(k, n)).sum()).collect()
    }

    #[test]
    fn the_frequencies_equal_their_definition() {
        for (width, height) in [(256, 192), (192, 256), (100, 37), (17, 16), (5, 3), (1, 40), (40, 1), (1, 1)] {
            let img = GrayImage::from_fn(width, height, |x, y| image::Luma([(40 + x * 7 + y * y * 3 + x * y) as u8]));
            let found = spectra(&img, CUT);
            for (sides, found) in found.iter().enumerate() {
                let is_cut = |side: usize| sides >> side & 1 == 1;
                let rows: Vec<Vec<f64>> = img
                    .rows()
                    .map(|row| {
                        let row: Vec<f64> = row.map(|pixel| f64::from(pixel.0[0])).collect();
                        by_definition(&row, [is_cut(0), is_cut(2)])
                    })
                    .collect();
                let columns = (0..FINE).map(|across| {
                    let column: Vec<f64> = rows.iter().map(|row| row[across]).collect();
                    by_definition(&column, [is_cut(1), is_cut(3)])
                });
                let wanted: Vec<Vec<f64>> = columns.collect();
                // The common scale follows from the mean.
                let scale = wanted[0][0] / f64::from(found[0]);
                for (at, value) in found.iter().enumerate() {
                    let wanted = wanted[at % FINE][at / FINE];
                    let off = (f64::from(*value) * scale - wanted).abs();
                    assert!(off < 0.5, "{width}x{height}, cut {sides:04b}, frequency {at}: off by {off} of {wanted}");
                }
            }
        }
    }
}
