//! Changing the inputs of an operator in place, in pieces that no two threads share.
//!
//! ONNX Runtime's own optimizers do the same: they change the weight that is their input. The C API has no function for this,
//! but returns the address of any tensor as a mutable one.
#![allow(unsafe_code)]

use ort::operator::ComputeContext;
use ort::value::TensorRef;

/// Values in a piece. Three pieces that change and one that is read fit into the cache of a core.
const PIECE: usize = 1 << 14;
/// Number of shares into which the work is divided for the threads.
const SHARES: usize = 64;

/// The memory of a tensor, from an offset on.
#[derive(Clone, Copy)]
struct Memory(*mut f32);

// SAFETY: it is only an address. `of_changed`, `of_output` and `Strip` explain why only one thread at a time uses the memory
// there.
unsafe impl Sync for Memory {}

/// Calls `change` for each piece of some tensors, each from its offset on, with the piece of `beside` at the same position.
/// The number of values is the length of `beside`.
///
/// # Errors
/// Returns an error when a tensor is too short, and when two tensors share memory.
pub(super) fn of_changed<const N: usize>(
    context: &ComputeContext,
    tensors: [(&TensorRef<'_, f32>, usize); N],
    beside: &[f32],
    change: impl Fn([&mut [f32]; N], &[f32]) + Sync + Send,
) -> ort::Result<()> {
    let memory = apart(tensors, beside.len(), &[beside])?;
    let memory = &memory;
    let count = beside.len().div_ceil(PIECE);
    context.par_for(count, count.min(SHARES), |piece| {
        let start = piece * PIECE;
        let beside = &beside[start..beside.len().min(start + PIECE)];
        let parts = memory.each_ref().map(|memory| {
            // SAFETY: the range is inside the tensor, as checked above. It overlaps no other range of this call: the tensors
            // do not overlap, and each piece occurs once. Nothing else reads or writes these tensors meanwhile: the trainer
            // owns weights and moments and is borrowed mutably for the step, and in the graph every node that reads the
            // weight comes before this one (`crate::training::optimizer`).
            unsafe { std::slice::from_raw_parts_mut(memory.0.add(start), beside.len()) }
        });
        change(parts, beside);
    })
}

/// Returns the memory of tensors, each from its offset on. Checks that each has `count` values there, and that no two of them
/// share memory with each other or with a tensor that is only read.
fn apart<const N: usize>(
    tensors: [(&TensorRef<'_, f32>, usize); N],
    count: usize,
    read: &[&[f32]],
) -> ort::Result<[Memory; N]> {
    let addresses = |values: &[f32]| {
        let range = values.as_ptr_range();
        (range.start.addr(), range.end.addr())
    };
    let mut changed = Vec::with_capacity(N);
    let mut memory = [Memory(std::ptr::null_mut()); N];
    for (memory, (tensor, offset)) in memory.iter_mut().zip(tensors) {
        let values = tensor.extract_tensor().1;
        let end = offset.checked_add(count).filter(|&end| end <= values.len());
        let part = end.map(|end| &values[offset..end]);
        changed
            .push(addresses(part.ok_or_else(|| ort::Error::new("a tensor to change is shorter than its gradient"))?));
        *memory = Memory(tensor.data_ptr().cast_mut().cast::<f32>().wrapping_add(offset));
    }
    for (at, one) in changed.iter().enumerate() {
        let others = changed.iter().skip(at + 1).copied().chain(read.iter().map(|values| addresses(values)));
        if others.into_iter().any(|other| one.0 < other.1 && other.0 < one.1) {
            return Err(ort::Error::new("a tensor to change shares memory with another"));
        }
    }
    Ok(memory)
}

/// A strip of columns of row-major matrices, which only one thread uses.
pub(super) struct Strip<const N: usize> {
    /// The matrices to change, all of the same shape.
    memory: [Memory; N],
    /// A matrix to fill, with the same columns.
    output: Option<Memory>,
    rows: usize,
    output_rows: usize,
    /// Number of columns of the whole matrices.
    whole: usize,
    start: usize,
    columns: usize,
}

impl<const N: usize> Strip<N> {
    /// Returns the index of the first column.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    /// Returns the number of columns.
    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// Returns whether there is an output to fill.
    pub(super) fn has_output(&self) -> bool {
        self.output.is_some()
    }

    /// Returns the strip's part of a row of each matrix.
    pub(super) fn row(&mut self, row: usize) -> [&mut [f32]; N] {
        assert!(row < self.rows, "row {row} of {}", self.rows);
        let at = row * self.whole + self.start;
        // SAFETY: the row is inside each matrix, as `of_columns` checked, and no other strip has these columns. The strip is
        // borrowed mutably as long as the slices are, and the matrices share no memory.
        self.memory.each_ref().map(|memory| unsafe { std::slice::from_raw_parts_mut(memory.0.add(at), self.columns) })
    }

    /// Returns the strip's part of a row of the output, or an empty slice without an output.
    pub(super) fn output(&mut self, row: usize) -> &mut [f32] {
        assert!(row < self.output_rows, "row {row} of {}", self.output_rows);
        match &self.output {
            // SAFETY: as for `row`; `of_columns` borrows the output mutably.
            Some(memory) => unsafe {
                std::slice::from_raw_parts_mut(memory.0.add(row * self.whole + self.start), self.columns)
            },
            None => &mut [],
        }
    }
}

/// Calls `change` for each strip of `wide` columns of matrices `[rows, columns]`, each from its offset on, and of an output of
/// as many columns. `read` are the tensors that `change` reads.
///
/// # Errors
/// Returns an error when a tensor is too short, when the output has another number of columns, and when a tensor to change
/// shares memory with another tensor.
pub(super) fn of_columns<const N: usize>(
    context: &ComputeContext,
    tensors: [(&TensorRef<'_, f32>, usize); N],
    [rows, columns]: [usize; 2],
    output: Option<&mut [f32]>,
    read: [&[f32]; 2],
    wide: usize,
    change: impl Fn(Strip<N>) + Sync + Send,
) -> ort::Result<()> {
    if columns == 0 {
        return Ok(());
    }
    let output_rows = output.as_ref().map_or(0, |output| output.len() / columns);
    if output.as_ref().is_some_and(|output| output.len() != output_rows * columns) {
        return Err(ort::Error::new("the output and the weight differ in their number of columns"));
    }
    let memory = &apart(tensors, rows * columns, &read)?;
    let output = &output.map(|output| Memory(output.as_mut_ptr()));
    let count = columns.div_ceil(wide);
    context.par_for(count, count.min(SHARES), |at| {
        let start = at * wide;
        let columns_here = wide.min(columns - start);
        let (memory, output) = (*memory, *output);
        change(Strip { memory, output, rows, output_rows, whole: columns, start, columns: columns_here });
    })
}

/// Calls `fill` for each piece of `size` values of an output, with the number of the piece.
pub(super) fn of_output(
    context: &ComputeContext,
    output: &mut [f32],
    size: usize,
    fill: impl Fn(usize, &mut [f32]) + Sync + Send,
) -> ort::Result<()> {
    let count = output.len().checked_div(size).unwrap_or_default();
    let memory = &Memory(output.as_mut_ptr());
    context.par_for(count, count.min(SHARES), |piece| {
        // SAFETY: `count` pieces of `size` values fit into the output, which is borrowed mutably. Each piece occurs once.
        fill(piece, unsafe { std::slice::from_raw_parts_mut(memory.0.add(piece * size), size) });
    })
}
