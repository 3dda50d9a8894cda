//! Dense layers, `y = x W^T + bias`, over rows of which many values are 0, as a rectifier leaves them: those are left out.

#![allow(clippy::inline_always, reason = "only what is part of the dispatched function is made for its processor")]

use pulp::{Simd, WithSimd};

use crate::Error;
use crate::geometry::expect;
use crate::processor::dispatch;
use crate::spectra::{LANES, Lanes, Scratch};
use crate::threads::{Shares, Threads};

/// Outputs whose weights lie side by side.
pub const PANEL: usize = REGISTERS * LANES;

/// Sums that are in registers at once: as many as multiplications are under way at a time.
const REGISTERS: usize = 8;
/// Inputs whose weights, 32 KiB of a panel, stay in a first-level cache of 48 KiB while all rows go by.
const DEEP: usize = 64;
/// Rows between two requests for the weights of the next inputs: those are fetched while the rows go by.
const BETWEEN: usize = 4;

/// Lays a weight `[outputs, inputs]` out for [`forward`]: `[panels, inputs, PANEL]`, with zeros behind the last output.
/// `weight` is told an output and an input.
pub fn panels([outputs, inputs]: [usize; 2], weight: impl Fn(usize, usize) -> f32) -> Vec<f32> {
    let mut panels = vec![0.0; outputs.div_ceil(PANEL) * inputs * PANEL];
    for (panel, into) in panels.chunks_exact_mut((inputs * PANEL).max(1)).enumerate() {
        let first = panel * PANEL;
        // A few inputs at a time, for weights that lie row by row: all of a line of the cache is read at once.
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

/// Reads `x`, `[n, inputs]`, and fills `y`, `[n, outputs]`, with the products, `bias`, `[outputs]`, added, and with `relu` what is
/// negative set to zero. `panels` is a weight as [`panels`] lays it out. A row has the same bits in any company and with any
/// number of threads. A weight that is infinite adds nothing where the row is 0.
///
/// # Errors
/// Lengths that do not fit each other.
pub fn forward(
    panels: &[f32],
    [outputs, inputs]: [usize; 2],
    x: &[f32],
    bias: Option<&[f32]>,
    relu: bool,
    y: &mut [f32],
    threads: &dyn Threads,
) -> Result<(), Error> {
    let (width, rows) = (inputs.max(1), x.len() / inputs.max(1));
    expect("weight", outputs.div_ceil(PANEL) * inputs * PANEL, panels.len())?;
    expect("input", rows * inputs, x.len())?;
    expect("output", rows * outputs, y.len())?;
    bias.map_or(Ok(()), |bias| expect("bias", outputs, bias.len()))?;
    if y.is_empty() || inputs == 0 {
        return Ok(());
    }
    let mut kept: Vec<Row> = vec![Row::default(); rows];
    let shares = Shares::new(kept.iter_mut().zip(x.chunks_exact(width)));
    threads.each(shares.len(), &|at| shares.with(at, |(kept, row)| kept.read(row)));
    drop(shares);

    let count = outputs.div_ceil(PANEL);
    let into = Shares::new(y.chunks_mut(outputs).flat_map(|row| row.chunks_mut(PANEL)));
    threads.each(count, &|panel| {
        let mut scratch = Scratch::new(rows * REGISTERS);
        scratch.lanes_mut().fill([0.0; LANES]);
        let sums: &mut [[Lanes; REGISTERS]] = scratch.lanes_mut().as_chunks_mut().0;
        let weights = &panels[panel * inputs * PANEL..][..inputs * PANEL];
        dispatch(Product { sums, rows: &kept, weights: weights.as_chunks().0, threads });
        let bias = bias.map(|bias| &bias[panel * PANEL..]);
        for (row, sums) in sums.iter().enumerate() {
            into.with(row * count + panel, |into| {
                for (at, (into, sum)) in into.iter_mut().zip(sums.as_flattened()).enumerate() {
                    let value = bias.map_or(*sum, |bias| sum + bias[at]);
                    // What is no number stays none.
                    *into = if relu && value < 0.0 { 0.0 } else { value };
                }
            });
        }
    });
    Ok(())
}

/// What of a row is not 0: inputs and values, in order.
#[derive(Clone, Default)]
struct Row {
    entries: Vec<(u32, f32)>,
    /// For each [`DEEP`] inputs, where their entries end.
    ends: Vec<usize>,
}

impl Row {
    fn read(&mut self, values: &[f32]) {
        self.entries.resize(values.len(), (0, 0.0));
        let mut end = 0;
        for (block, values) in values.chunks(DEEP).enumerate() {
            for (input, &value) in (block * DEEP..).zip(values) {
                // Without a branch: what is 0 is overwritten by the next.
                self.entries[end] = (input as u32, value);
                end += usize::from(value != 0.0);
            }
            self.ends.push(end);
        }
        self.entries.truncate(end);
    }
}

/// Adds to each row's sums its values times a panel's weights, in the order of the inputs.
struct Product<'m> {
    sums: &'m mut [[Lanes; REGISTERS]],
    rows: &'m [Row],
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
        let share = (DEEP * PANEL).div_ceil(rows.len().div_ceil(BETWEEN)).next_multiple_of(LANES);
        for block in 0..weights.len().div_ceil(DEEP) {
            let next = weights.chunks(DEEP).nth(block + 1).unwrap_or_default().as_flattened();
            let mut next = next.chunks(share);
            for (at, (sums, row)) in sums.iter_mut().zip(rows).enumerate() {
                if at % BETWEEN == 0 {
                    threads.fetch(next.next().unwrap_or_default());
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
