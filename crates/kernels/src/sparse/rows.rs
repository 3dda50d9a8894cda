//! Dense layers, `y = x W^T + bias`, that leave out the zeros of every row.
//!
//! Each row of `x` becomes a list of its values that are not zero. For [`PANEL`] outputs at a time, the weights of `DEEP` inputs
//! stay in the first-level cache while all rows go by. The weights of the next inputs are prefetched meanwhile.

#![allow(clippy::inline_always, reason = "a function is compiled for an instruction set only as part of its caller")]

use pulp::{Simd, WithSimd};

use crate::error::{Error, expect_length};
use crate::memory::PooledBuffer;
use crate::simd::{LANES, Lanes, dispatch};
use crate::threads::{Shares, Threads};

/// Number of outputs whose weights lie next to each other.
pub const PANEL: usize = REGISTERS * LANES;

/// Vectors of 16 sums that are computed at once: enough to hide the latency of a multiply-add.
const REGISTERS: usize = 8;
/// Inputs that are multiplied before the next ones are started. Their weights, 32 KiB of a panel, stay in a first-level cache of
/// 48 KiB while all rows go by.
const DEEP: usize = 64;
/// Rows between two prefetches of the weights of the next inputs.
const PREFETCH_EVERY: usize = 4;

/// Packs a weight `[outputs, inputs]` for [`forward`]: `[panels, inputs, PANEL]`, with zeros behind the last output.
///
/// `weight(output, input)` returns one entry.
pub fn pack([outputs, inputs]: [usize; 2], weight: impl Fn(usize, usize) -> f32) -> Vec<f32> {
    let mut panels = vec![0.0; outputs.div_ceil(PANEL) * inputs * PANEL];
    for (panel, into) in panels.chunks_exact_mut((inputs * PANEL).max(1)).enumerate() {
        let first = panel * PANEL;
        // A few inputs at a time: if the weights are stored row by row, a whole cache line is read at once.
        for start in (0..inputs).step_by(LANES) {
            for output in first..outputs.min(first + PANEL) {
                for input in start..inputs.min(start + LANES) {
                    into[input * PANEL + output - first] = weight(output, input);
                }
            }
        }
    }
    panels
}

/// Computes `y = x W^T + bias` for `x`, `[n, inputs]`, and writes it to `y`, `[n, outputs]`.
///
/// `packed` is a weight from [`pack`], `bias` is `[outputs]`. If `relu` is set, negative results become zero and NaN stays NaN. The
/// terms of a sum are added in the order of the inputs, so a row has the same bits in every batch and with any number of threads.
/// An infinite weight adds nothing where the row is zero.
///
/// # Errors
/// Returns an error if the lengths do not match.
pub fn forward(
    packed: &[f32],
    [outputs, inputs]: [usize; 2],
    x: &[f32],
    bias: Option<&[f32]>,
    relu: bool,
    y: &mut [f32],
    threads: &dyn Threads,
) -> Result<(), Error> {
    let (width, rows) = (inputs.max(1), x.len() / inputs.max(1));
    expect_length("weight", outputs.div_ceil(PANEL) * inputs * PANEL, packed.len())?;
    expect_length("input", rows * inputs, x.len())?;
    expect_length("output", rows * outputs, y.len())?;
    bias.map_or(Ok(()), |bias| expect_length("bias", outputs, bias.len()))?;
    if y.is_empty() || inputs == 0 {
        return Ok(());
    }
    let mut kept: Vec<SparseRow> = vec![SparseRow::default(); rows];
    let shares = Shares::new(kept.iter_mut().zip(x.chunks_exact(width)));
    threads.each(shares.len(), &|at| shares.with(at, |(kept, row)| kept.read(row)));
    drop(shares);

    let count = outputs.div_ceil(PANEL);
    let into = Shares::new(y.chunks_mut(outputs).flat_map(|row| row.chunks_mut(PANEL)));
    threads.each(count, &|panel| {
        let mut buffer = PooledBuffer::new(rows * REGISTERS);
        buffer.lanes_mut().fill([0.0; LANES]);
        let sums: &mut [[Lanes; REGISTERS]] = buffer.lanes_mut().as_chunks_mut().0;
        let weights = &packed[panel * inputs * PANEL..][..inputs * PANEL];
        dispatch(Product { sums, rows: &kept, weights: weights.as_chunks().0, threads });
        let bias = bias.map(|bias| &bias[panel * PANEL..]);
        for (row, sums) in sums.iter().enumerate() {
            into.with(row * count + panel, |into| {
                for (at, (into, sum)) in into.iter_mut().zip(sums.as_flattened()).enumerate() {
                    let value = bias.map_or(*sum, |bias| sum + bias[at]);
                    // A comparison with NaN is false, so NaN stays NaN.
                    *into = if relu && value < 0.0 { 0.0 } else { value };
                }
            });
        }
    });
    Ok(())
}

/// The values of a row that are not zero, with their inputs, in order.
#[derive(Clone, Default)]
struct SparseRow {
    entries: Vec<(u32, f32)>,
    /// The end of the entries of each block of [`DEEP`] inputs.
    ends: Vec<usize>,
}

impl SparseRow {
    fn read(&mut self, values: &[f32]) {
        self.entries.resize(values.len(), (0, 0.0));
        let mut end = 0;
        for (block, values) in values.chunks(DEEP).enumerate() {
            for (input, &value) in (block * DEEP..).zip(values) {
                // Every value is written, so that no branch is needed. The next value overwrites a zero.
                self.entries[end] = (input as u32, value);
                end += usize::from(value != 0.0);
            }
            self.ends.push(end);
        }
        self.entries.truncate(end);
    }
}

/// Adds to the sums of each row its values times the weights of a panel, in the order of the inputs.
struct Product<'m> {
    sums: &'m mut [[Lanes; REGISTERS]],
    rows: &'m [SparseRow],
    /// `[inputs]`
    weights: &'m [[f32; PANEL]],
    threads: &'m dyn Threads,
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { sums, rows, weights, threads } = self;
        let wide = REGISTERS * S::F32_LANES;
        let share = (DEEP * PANEL).div_ceil(rows.len().div_ceil(PREFETCH_EVERY)).next_multiple_of(LANES);
        for block in 0..weights.len().div_ceil(DEEP) {
            let next = weights.chunks(DEEP).nth(block + 1).unwrap_or_default().as_flattened();
            let mut next = next.chunks(share);
            for (at, (sums, row)) in sums.iter_mut().zip(rows).enumerate() {
                if at % PREFETCH_EVERY == 0 {
                    threads.prefetch(next.next().unwrap_or_default());
                }
                let start = if block == 0 { 0 } else { row.ends[block - 1] };
                let entries = &row.entries[start..row.ends[block]];
                for first in (0..PANEL).step_by(wide) {
                    let (into, _) = S::as_mut_simd_f32s(&mut sums.as_flattened_mut()[first..first + wide]);
                    let Some(into) = into.first_chunk_mut::<REGISTERS>() else { return };
                    let mut sums = *into;
                    for &(input, value) in entries {
                        let (weights, _) = S::as_simd_f32s(&weights[input as usize][first..first + wide]);
                        let Some(weights) = weights.first_chunk::<REGISTERS>() else { return };
                        let value = simd.splat_f32s(value);
                        for (sum, &weight) in sums.iter_mut().zip(weights) {
                            *sum = simd.mul_add_e_f32s(value, weight, *sum);
                        }
                    }
                    *into = sums;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::on_every_kind;
    use crate::threads::OneThread;

    fn drawn(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|at| ((at * 7919 + seed * 104_729) % 1009) as f32 / 504.5 - 1.0).collect()
    }

    #[test]
    fn dense_layers_are_correct_with_every_instruction_set() {
        let (outputs, inputs, rows) = (140, 150, 9);
        let weight = drawn(outputs * inputs, 1);
        let x: Vec<f32> = drawn(rows * inputs, 2).into_iter().map(|value| value.max(0.0)).collect();
        let packed = pack([outputs, inputs], |output, input| weight[output * inputs + input]);
        let mut exact = vec![0.0; rows * outputs];
        for (at, sum) in exact.iter_mut().enumerate() {
            let (row, weight) = (&x[at / outputs * inputs..], &weight[at % outputs * inputs..][..inputs]);
            *sum = row.iter().zip(weight).map(|(a, b)| a * b).sum();
        }
        on_every_kind(|| {
            let mut y = vec![f32::NAN; rows * outputs];
            forward(&packed, [outputs, inputs], &x, None, false, &mut y, &OneThread).unwrap();
            for (at, (found, exact)) in y.iter().zip(&exact).enumerate() {
                assert!((found - exact).abs() < 1e-3, "{at}: {found}, not {exact}");
            }
        });
    }
}
