//! Products of packed matrices and rows, without the channels that are zero in a whole block of rows.

#![allow(clippy::inline_always, reason = "a function is compiled for an instruction set only as part of its caller")]

use pulp::{Simd, WithSimd};

use crate::gemm::{PANEL_GROUPS, PackedMatrices};
use crate::simd::{LANES, Lanes, dispatch};
use crate::threads::{Shares, Threads};

/// Rows of a block. Their sums are in registers at once.
const ROWS: usize = 6;
/// Channels that are multiplied before the next ones are started. Their factors, 128 KiB, stay in the second-level cache while all
/// rows go by.
const DEEP: usize = 512;

/// Rows of channels for [`PackedMatrices::multiply_block_sparse`], in blocks of six.
#[derive(Debug)]
pub struct BlockSparse {
    count: usize,
    channels: usize,
    blocks: Vec<Block>,
}

/// [`ROWS`] rows. The rows behind the last one are zero.
#[derive(Debug, Default)]
struct Block {
    /// The channels that are not zero in at least one row, with their values, in order.
    entries: Vec<(u32, [f32; ROWS])>,
    /// The end of the entries of each block of [`DEEP`] channels.
    ends: Vec<usize>,
}

impl BlockSparse {
    /// Collects `count` rows of `channels` channels. `values(row, group)` returns the values of a row for a group of [`LANES`]
    /// channels, with zeros behind the last channel.
    ///
    /// # Panics
    /// Panics if there are 2^32 channels or more.
    pub fn new(
        count: usize,
        channels: usize,
        values: impl Fn(usize, usize) -> Lanes + Sync,
        threads: &dyn Threads,
    ) -> Self {
        assert!(u32::try_from(channels).is_ok(), "the number of a channel has 32 bits");
        let mut blocks: Vec<Block> = (0..count.div_ceil(ROWS)).map(|_| Block::default()).collect();
        let shares = Shares::new(blocks.iter_mut());
        threads.each(shares.len(), &|at| {
            let block = &mut **shares.hold(at);
            for group in 0..channels.div_ceil(LANES) {
                let mut lanes = [[0.0; LANES]; ROWS];
                for (lanes, row) in lanes.iter_mut().zip(at * ROWS..count) {
                    *lanes = values(row, group);
                }
                for lane in 0..LANES {
                    let here = lanes.map(|lanes| lanes[lane]);
                    if here.iter().any(|value| *value != 0.0) {
                        block.entries.push(((group * LANES + lane) as u32, here));
                    }
                }
                if (group + 1) % (DEEP / LANES) == 0 || (group + 1) * LANES >= channels {
                    block.ends.push(block.entries.len());
                }
            }
        });
        drop(shares);
        Self { count, channels, blocks }
    }
}

impl PackedMatrices {
    /// Adds the product of `rows` and one matrix to `into`, `[filter groups, n]`.
    ///
    /// The terms of a sum are added in the order of the channels, so the result of a row has the same bits for every `n` and with any
    /// number of threads.
    ///
    /// # Panics
    /// Panics if there is no such matrix or if the lengths do not match.
    pub fn multiply_block_sparse(&self, matrix: usize, rows: &BlockSparse, into: &mut [Lanes], threads: &dyn Threads) {
        let [groups, filter_groups] = self.groups();
        assert_eq!(rows.channels.div_ceil(LANES), groups, "the rows have as many channels as the matrix");
        assert_eq!(into.len(), rows.count * filter_groups, "there is one result for each row and filter");
        if rows.count == 0 {
            return;
        }
        let panels = self.panels_of(matrix);
        let shares = Shares::new(into.chunks_mut(PANEL_GROUPS * rows.count));
        threads.each(shares.len(), &|at| {
            let mut into = shares.hold(at);
            let mut into: Vec<&mut [Lanes]> = into.chunks_exact_mut(rows.count).collect();
            let factors = panels[at * groups..][..groups].as_flattened();
            dispatch(MultiplyBlocks { into: &mut into, blocks: &rows.blocks, factors });
        });
    }
}

/// Adds to `into[j][t]` the sum over `c` of channel `c` of row `t` times `factors[c][j]`, in the order of the channels.
struct MultiplyBlocks<'m, 'i> {
    into: &'m mut [&'i mut [Lanes]],
    blocks: &'m [Block],
    factors: &'m [[Lanes; PANEL_GROUPS]],
}

impl WithSimd for MultiplyBlocks<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { into, blocks, factors } = self;
        for deep in 0..factors.len().div_ceil(DEEP) {
            for (at, block) in blocks.iter().enumerate() {
                let start = if deep == 0 { 0 } else { block.ends[deep - 1] };
                let entries = &block.entries[start..block.ends[deep]];
                let first = at * ROWS;
                match (S::F32_LANES, into.len()) {
                    (16, 4) => rows::<S, ROWS, 4, 4>(simd, into, entries, factors, 0, first),
                    (16, 3) => rows::<S, ROWS, 3, 3>(simd, into, entries, factors, 0, first),
                    (16, 2) => rows::<S, ROWS, 2, 2>(simd, into, entries, factors, 0, first),
                    (16, _) => rows::<S, ROWS, 1, 1>(simd, into, entries, factors, 0, first),
                    (8, wide) => (0..wide).for_each(|j| rows::<S, ROWS, 1, 2>(simd, into, entries, factors, j, first)),
                    (4, wide) => (0..wide).for_each(|j| rows::<S, 2, 1, 4>(simd, into, entries, factors, j, first)),
                    (_, wide) => (0..wide).for_each(|j| rows::<S, 1, 1, 16>(simd, into, entries, factors, j, first)),
                }
            }
        }
    }
}

/// Multiplies the rows of a block, `R` at a time, by the `G` groups of filters from `at` on, which fill `W` registers. `first` is the
/// first row of the block.
#[inline(always)]
fn rows<S: Simd, const R: usize, const G: usize, const W: usize>(
    simd: S,
    into: &mut [&mut [Lanes]],
    entries: &[(u32, [f32; ROWS])],
    factors: &[[Lanes; PANEL_GROUPS]],
    at: usize,
    first: usize,
) {
    let count = ROWS.min(into[at].len() - first);
    let whole = count - count % R;
    for row in (0..whole).step_by(R) {
        micro_kernel::<S, R, G, W>(simd, into, entries, factors, at, [first, row]);
    }
    for row in whole..count {
        micro_kernel::<S, 1, G, W>(simd, into, entries, factors, at, [first, row]);
    }
}

#[inline(always)]
fn micro_kernel<S: Simd, const R: usize, const G: usize, const W: usize>(
    simd: S,
    into: &mut [&mut [Lanes]],
    entries: &[(u32, [f32; ROWS])],
    factors: &[[Lanes; PANEL_GROUPS]],
    at: usize,
    [first, row]: [usize; 2],
) {
    let mut sums = [[simd.splat_f32s(0.0); W]; R];
    let parts = W / G;
    for (group, into) in into[at..at + G].iter().enumerate() {
        for (sums, into) in sums.iter_mut().zip(&into[first + row..][..R]) {
            sums[group * parts..][..parts].copy_from_slice(S::as_simd_f32s(into).0);
        }
    }
    for (channel, values) in entries {
        let (b, _) = S::as_simd_f32s(factors[*channel as usize][at..at + G].as_flattened());
        let (Some(b), Some(values)) = (b.first_chunk::<W>(), values[row..].first_chunk::<R>()) else { return };
        for (sums, value) in sums.iter_mut().zip(values) {
            let factor = simd.splat_f32s(*value);
            for (sum, &b) in sums.iter_mut().zip(b) {
                *sum = simd.mul_add_e_f32s(factor, b, *sum);
            }
        }
    }
    for (group, into) in into[at..at + G].iter_mut().enumerate() {
        for (sums, into) in sums.iter().zip(&mut into[first + row..][..R]) {
            S::as_mut_simd_f32s(into).0.copy_from_slice(&sums[group * parts..][..parts]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OneThread;
    use crate::simd::on_every_kind;

    /// Returns mostly zeros. In some channels, no row is zero.
    fn value(row: usize, channel: usize) -> f32 {
        let drawn = (row * 31 + channel * 17 + row * channel) % 23;
        if drawn < 6 { drawn as f32 / 3.0 - 1.0 } else { 0.0 }
    }

    fn factor(channel: usize, filter: usize) -> f32 {
        ((channel * 17 + filter * 7) % 29) as f32 / 14.0 - 1.0
    }

    fn drawn(rows: &[usize], channels: usize) -> BlockSparse {
        let one = |row: usize, c: usize| if c < channels { value(rows[row], c) } else { 0.0 };
        let lanes = |row: usize, group: usize| std::array::from_fn(|lane| one(row, group * LANES + lane));
        BlockSparse::new(rows.len(), channels, lanes, &OneThread)
    }

    fn check() {
        for [channels, filters] in [[1, 1], [16, 64], [19, 33], [530, 70], [1024, 129], [1500, 48]] {
            let matrices = PackedMatrices::new(1, [channels, filters], |c, filter, into| into[0] = factor(c, filter));
            let groups = matrices.groups()[1];
            for count in [0, 1, 6, 13] {
                let rows: Vec<usize> = (0..count).collect();
                let mut sums = vec![[0.0; LANES]; groups * count];
                matrices.multiply_block_sparse(0, &drawn(&rows, channels), &mut sums, &OneThread);
                for (row, filter) in (0..count).flat_map(|row| (0..filters).map(move |filter| (row, filter))) {
                    let pairs = (0..channels).map(|c| f64::from(value(row, c)) * f64::from(factor(c, filter)));
                    let (exact, found) = (pairs.sum::<f64>(), sums[filter / LANES * count + row][filter % LANES]);
                    assert!((f64::from(found) - exact).abs() < 1e-4, "{channels} x {filters}, row {row}: {found}");
                }
                if let Some(last) = rows.last() {
                    let mut alone = vec![[0.0; LANES]; groups];
                    matrices.multiply_block_sparse(0, &drawn(&[*last], channels), &mut alone, &OneThread);
                    let together = sums[count - 1..].iter().step_by(count);
                    assert!(alone.iter().eq(together), "{channels} x {filters}: alone");
                }
            }
        }
    }

    #[test]
    fn products_are_correct_with_every_instruction_set() {
        on_every_kind(check);
    }
}
