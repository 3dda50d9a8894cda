//! `DenseAdamW`: the backward pass of a dense layer `Y = X W^T` and the update of its weight, in one pass over the weight.
//!
//! Inputs: learning rate `[1]`, number of the step from 1 (`int64` `[1]`), the weight `W` `[out, in]`, first moments and
//! second moments of all weights `[total]`, `dY` `[n, out]` and `X` `[n, in]`. Outputs: true `[1]` and, where it is wanted,
//! `dX = dY W` `[n, in]`, with the weight as it was before. Attributes: those of `AdamW`.
//!
//! The weight's gradient `dY^T X` is never written to memory: of a large layer that would be as much as the weight itself,
//! and weight and moments would be read again for the update. Each thread takes strips of columns, and goes through them
//! a few rows at a time.

use ort::operator::{BoxedKernel, ComputeContext, KernelContext, Operator, OperatorInput, OperatorOutput};
use ort::value::{TensorElementType, TensorRef};
use pulp::Arch;

use super::adamw::{Settings, Update};
use super::input;
use super::pieces::{self, Strip};
use super::product::{LANES, add_product};

/// Columns of a strip: a row's part is then half a page, and the parts of the pictures stay in a core's cache.
const COLUMNS: usize = 512;
/// Rows of a strip that are worked on at once.
const ROWS: usize = 32;

pub(super) struct DenseAdamW;

impl Operator for DenseAdamW {
    type Kernel<'attr> = BoxedKernel<'attr>;

    fn name(&self) -> &'static str {
        "DenseAdamW"
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
        let (settings, offset) = Settings::of(node)?;
        Ok(Box::new(move |context: &ComputeContext| run(context, &settings, offset)))
    }
}

/// A matrix that is read, row by row.
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

    /// Part of a row.
    fn part(&self, row: usize, start: usize, count: usize) -> &'m [f32] {
        &self.values[row * self.columns + start..][..count]
    }
}

fn run(context: &ComputeContext, settings: &Settings, offset: usize) -> ort::Result<()> {
    let (rate, step) = (input::<f32>(context, 0)?, input::<i64>(context, 1)?);
    let (weight, first, second) = (input(context, 2)?, input(context, 3)?, input(context, 4)?);
    let (incoming, pictures) = (input(context, 5)?, input(context, 6)?);
    let update = Update::new(settings, rate.try_extract_scalar::<f32>()?, step.try_extract_scalar::<i64>()?);
    let [dy, x, w] = [Matrix::of(&incoming)?, Matrix::of(&pictures)?, Matrix::of(&weight)?];
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
    pieces::of_columns(context, changed, shape, gradient, read, COLUMNS, |strip| one_strip(strip, &dy, &x, &update))?;
    if let Some(mut done) = context.output(0, [1_i64])? {
        done.try_extract_tensor_mut::<bool>()?.1.fill(true);
    }
    Ok(())
}

/// Gradient, update and `dX` of a few columns of the weight.
fn one_strip(mut strip: Strip<3>, dy: &Matrix, x: &Matrix, update: &Update) {
    let arch = Arch::new();
    let (start, count, batch) = (strip.start(), strip.columns(), dy.rows);
    let wide = count.next_multiple_of(LANES);
    let mut inputs = vec![0.0; batch * wide];
    for (row, inputs) in inputs.chunks_exact_mut(wide).enumerate() {
        inputs[..count].copy_from_slice(x.part(row, start, count));
    }
    let mut sums = vec![0.0; if strip.has_output() { batch * wide } else { 0 }];
    let (mut before, mut gradient) = (vec![0.0; ROWS * wide], vec![0.0; ROWS * wide]);
    let (mut errors, mut turned) = (vec![0.0; batch * ROWS], vec![0.0; batch * ROWS]);
    for top in (0..dy.columns).step_by(ROWS) {
        let rows = ROWS.min(dy.columns - top);
        for picture in 0..batch {
            let part = dy.part(picture, top, rows);
            errors[picture * rows..][..rows].copy_from_slice(part);
            for (row, &error) in part.iter().enumerate() {
                turned[row * batch + picture] = error;
            }
        }
        if !sums.is_empty() {
            for (row, before) in before.chunks_exact_mut(wide).take(rows).enumerate() {
                before[..count].copy_from_slice(strip.row(top + row)[0]);
            }
            add_product(arch, &mut sums, &errors[..batch * rows], &before[..rows * wide], wide);
        }
        let gradient = &mut gradient[..rows * wide];
        gradient.fill(0.0);
        add_product(arch, gradient, &turned[..rows * batch], &inputs, wide);
        for (row, gradient) in gradient.chunks_exact(wide).enumerate() {
            update.apply(arch, strip.row(top + row), &gradient[..count]);
        }
    }
    for (picture, sums) in sums.chunks_exact(wide).enumerate() {
        strip.output(picture).copy_from_slice(&sums[..count]);
    }
}
