//! `DenseAdamW`: the backward pass of a dense layer `Y = X W^T` and the update of its weight, in one pass over the weight.
//!
//! Inputs: learning rate `[1]`, number of the step from 1 (`int64` `[1]`), the weight `W` `[out, in]`, first moments and
//! second moments of all weights `[total]`, `dY` `[n, out]` and `X` `[n, in]`. Outputs: true `[1]` and optionally `dX = dY W`
//! `[n, in]`, with the weight before the update. Attributes: those of `AdamW`.
//!
//! The gradient of the weight, `dY^T X`, never exists in memory. It would be as large as the weight, and weight and moments
//! would be read again for the update. Each thread takes strips of columns and goes through them row by row. Items whose `dY`
//! is 0 in a row, because of a rectifier or a dropout mask, are left out of the row's sum.

#![allow(clippy::inline_always, reason = "a function is compiled for an instruction set only as part of its caller")]

use kernels::{LANES, PooledBuffer};
use ort::operator::{BoxedKernel, ComputeContext, KernelContext, Operator, OperatorInput, OperatorOutput};
use ort::value::{TensorElementType, TensorRef};
use pulp::{Arch, Simd, WithSimd};

use super::adamw::{AdamWAttributes, Update};
use super::input::input;
use super::names;
use super::pieces::{self, Strip};

/// Maximum number of columns of a strip. With this number, the strip of `X` stays in the cache of a core, and its part of a
/// weight's row is long enough for the processor to prefetch it.
const COLUMNS: usize = 768;
/// Values in a cache line. No two strips share a line.
const LINE: usize = LANES;
/// Registers of a row that are computed together: as many as the processor has multiplications in flight.
const REGISTERS: usize = 8;
/// The number of columns of the copied strip of `X` is a multiple of this.
const COUNT: usize = REGISTERS * LANES;

pub(super) struct DenseAdamW;

impl Operator for DenseAdamW {
    type Kernel<'attr> = BoxedKernel<'attr>;

    fn name(&self) -> &'static str {
        names::DENSE_ADAMW
    }

    fn inputs(&self) -> impl IntoIterator<Item = OperatorInput> {
        let float = || OperatorInput::required(TensorElementType::Float32);
        let step = OperatorInput::required(TensorElementType::Int64);
        [float(), step, float(), float(), float(), float(), float()]
    }

    fn outputs(&self) -> impl IntoIterator<Item = OperatorOutput> {
        [OperatorOutput::required(TensorElementType::Bool), OperatorOutput::optional(TensorElementType::Float32)]
    }

    fn create_kernel<'attr>(&self, node: &KernelContext<'attr>) -> ort::Result<Self::Kernel<'attr>> {
        let (settings, offset) = AdamWAttributes::of(node)?;
        Ok(Box::new(move |context: &ComputeContext| run(context, &settings, offset)))
    }
}

/// A matrix in row-major order.
#[derive(Clone, Copy)]
struct Matrix<'m> {
    values: &'m [f32],
    rows: usize,
    columns: usize,
}

impl<'m> Matrix<'m> {
    fn of(tensor: &'m TensorRef<'_, f32>) -> ort::Result<Self> {
        let (shape, values) = tensor.extract_tensor();
        match **shape {
            [rows, columns] => Ok(Self { values, rows: rows.max(0) as usize, columns: columns.max(0) as usize }),
            _ => Err(ort::Error::new("an input is not a matrix")),
        }
    }

    /// Returns part of a row.
    fn part(&self, row: usize, start: usize, count: usize) -> &'m [f32] {
        &self.values[row * self.columns + start..][..count]
    }
}

fn run(context: &ComputeContext, settings: &AdamWAttributes, offset: usize) -> ort::Result<()> {
    let (rate, step) = (input::<f32>(context, 0)?, input::<i64>(context, 1)?);
    let (weight, first, second) = (input(context, 2)?, input(context, 3)?, input(context, 4)?);
    let (incoming, features) = (input(context, 5)?, input(context, 6)?);
    let update = Update::new(settings, rate.try_extract_scalar::<f32>()?, step.try_extract_scalar::<i64>()?);
    let [dy, x, w] = [Matrix::of(&incoming)?, Matrix::of(&features)?, Matrix::of(&weight)?];
    if dy.rows != x.rows || (w.rows, w.columns) != (dy.columns, x.columns) {
        return Err(ort::Error::new("weight, gradient and input do not fit each other"));
    }
    let mut output = context.output(1, [x.rows as i64, x.columns as i64])?;
    let gradient = match &mut output {
        Some(output) => Some(output.try_extract_tensor_mut::<f32>()?.1),
        None => None,
    };
    let (shape, read) = ([w.rows, w.columns], [dy.values, x.values]);
    let changed = [(&weight, 0), (&first, offset), (&second, offset)];
    let errors = Errors::of(&dy);
    let wide = w.columns.div_ceil(w.columns.div_ceil(COLUMNS).max(1)).next_multiple_of(LINE);
    pieces::of_columns(context, changed, shape, gradient, read, wide, |strip| one_strip(strip, &errors, &x, &update))?;
    if let Some(mut done) = context.output(0, [1_i64])? {
        done.try_extract_tensor_mut::<bool>()?.1.fill(true);
    }
    Ok(())
}

/// The values of `dY` that are not zero: for each output, the indices of items and the values. Behind rectifiers and dropout they
/// are a small part of `dY`.
struct Errors {
    entries: Vec<(u32, f32)>,
    ends: Vec<usize>,
}

impl Errors {
    fn of(dy: &Matrix) -> Self {
        let mut entries = Vec::with_capacity(dy.values.len());
        let mut ends = Vec::with_capacity(dy.columns);
        let mut transposed = vec![0.0; LINE * dy.rows];
        for top in (0..dy.columns).step_by(LINE) {
            let outputs = LINE.min(dy.columns - top);
            for item in 0..dy.rows {
                for (output, &error) in dy.part(item, top, outputs).iter().enumerate() {
                    transposed[output * dy.rows + item] = error;
                }
            }
            for errors in transposed.chunks_exact(dy.rows.max(1)).take(outputs) {
                entries.extend((0..).zip(errors.iter().copied()).filter(|(_, error)| *error != 0.0));
                ends.push(entries.len());
            }
        }
        Self { entries, ends }
    }

    fn of_outputs(&self) -> impl Iterator<Item = &[(u32, f32)]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.entries[start..end])
    }
}

/// Computes gradient, update and `dX` of a strip of columns.
fn one_strip(mut strip: Strip<3>, errors: &Errors, x: &Matrix, update: &Update) {
    let arch = Arch::new();
    let (start, count, batch) = (strip.start(), strip.columns(), x.rows);
    let wide = count.next_multiple_of(COUNT);
    let mut scratch = PooledBuffer::new(batch * wide / LANES);
    let inputs = scratch.lanes_mut().as_flattened_mut();
    for (row, inputs) in inputs.chunks_exact_mut(wide).enumerate() {
        inputs[..count].copy_from_slice(x.part(row, start, count));
    }
    let mut scratch = PooledBuffer::new(if strip.has_output() { batch * wide / LANES } else { 0 });
    let sums = scratch.lanes_mut().as_flattened_mut();
    sums.fill(0.0);
    for (output, errors) in errors.of_outputs().enumerate() {
        let (changed, sums) = (strip.row(output), &mut sums[..]);
        arch.dispatch(RowUpdate { changed, errors, inputs, sums, wide, update });
    }
    for (item, sums) in sums.chunks_exact(wide).enumerate() {
        strip.output(item).copy_from_slice(&sums[..count]);
    }
}

/// The work on one row of a strip. `errors` are the non-zero values of `dY` of the output that the row belongs to.
struct RowUpdate<'m> {
    changed: [&'m mut [f32]; 3],
    errors: &'m [(u32, f32)],
    /// Strip of `X`, `[n, wide]`.
    inputs: &'m [f32],
    /// Strip of `dX`, `[n, wide]`. Empty when `dX` is not needed.
    sums: &'m mut [f32],
    wide: usize,
    update: &'m Update,
}

impl WithSimd for RowUpdate<'_> {
    type Output = ();

    /// Alternates between gradient and update every few registers. While the gradient is computed, the processor loads the
    /// values of the update.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { changed: [weights, first, second], errors, inputs, sums, wide, update } = self;
        let few = REGISTERS * S::F32_LANES;
        let changed = weights.chunks_mut(few).zip(first.chunks_mut(few)).zip(second.chunks_mut(few));
        for (at, ((weights, first), second)) in changed.enumerate() {
            let start = at * few;
            if !sums.is_empty() {
                let before: [S::f32s; REGISTERS] = load(simd, weights);
                for &(item, error) in errors {
                    let (sums, _) = S::as_mut_simd_f32s(&mut sums[item as usize * wide + start..][..few]);
                    let error = simd.splat_f32s(error);
                    for (sum, value) in sums.iter_mut().zip(before) {
                        *sum = simd.mul_add_e_f32s(error, value, *sum);
                    }
                }
            }
            let mut gradient = [simd.splat_f32s(0.0); REGISTERS];
            for &(item, error) in errors {
                let (values, _) = S::as_simd_f32s(&inputs[item as usize * wide + start..][..few]);
                let Some(values) = values.first_chunk::<REGISTERS>() else { return };
                let error = simd.splat_f32s(error);
                for (sum, &value) in gradient.iter_mut().zip(values) {
                    *sum = simd.mul_add_e_f32s(error, value, *sum);
                }
            }
            update.registers(simd, [weights, first, second], &gradient);
        }
    }
}

/// Loads values, with zeros behind them.
#[inline(always)]
fn load<S: Simd, const N: usize>(simd: S, values: &[f32]) -> [S::f32s; N] {
    if let Some(whole) = S::as_simd_f32s(values).0.first_chunk() {
        return *whole;
    }
    let mut parts = values.chunks(S::F32_LANES);
    std::array::from_fn(|_| simd.partial_load_f32s(parts.next().unwrap_or_default()))
}
