//! Tensors that an operator changes although they are its inputs, handed out in pieces that no two threads share.
//!
//! ONNX Runtime lets its own optimizers do so: the weight that comes in is the one to change. Its C API has no word for
//! it, and gives out the address of any tensor as one to write to.
#![allow(unsafe_code)]

use ort::operator::ComputeContext;
use ort::value::TensorRef;

/// Values in one piece: three such pieces and a fourth that is read stay in a core's cache.
const PIECE: usize = 1 << 14;
/// How finely the work is handed out to threads.
const SHARES: usize = 64;

/// The memory of one tensor, from some offset on.
#[derive(Clone, Copy)]
struct Memory(*mut f32);

// SAFETY: it is only an address; `of_changed` says why what lies there is touched by one thread at a time.
unsafe impl Sync for Memory {}

/// Calls `change` with piece after piece of some tensors, each from its offset on, and the piece of `beside` in the same
/// place; `beside` tells how many values there are.
///
/// # Errors
/// A tensor too short, or two of them that share memory.
pub(super) fn of_changed<const N: usize>(
    context: &ComputeContext,
    tensors: [(&TensorRef<'_, f32>, usize); N],
    beside: &[f32],
    change: impl Fn([&mut [f32]; N], &[f32]) + Sync + Send,
) -> ort::Result<()> {
    let mut ranges = Vec::with_capacity(N + 1);
    let own = beside.as_ptr_range();
    ranges.push((own.start.addr(), own.end.addr()));
    let mut memory = [Memory(std::ptr::null_mut()); N];
    for (memory, (tensor, offset)) in memory.iter_mut().zip(tensors) {
        let values = tensor.extract_tensor().1;
        let end = offset.checked_add(beside.len()).filter(|&end| end <= values.len());
        let part = end.map(|end| values[offset..end].as_ptr_range());
        let part = part.ok_or_else(|| ort::Error::new("a tensor to change has fewer values than the gradient"))?;
        ranges.push((part.start.addr(), part.end.addr()));
        *memory = Memory(tensor.data_ptr().cast_mut().cast::<f32>().wrapping_add(offset));
    }
    ranges.retain(|(start, end)| start < end);
    ranges.sort_unstable();
    if ranges.windows(2).any(|pair| pair[0].1 > pair[1].0) {
        return Err(ort::Error::new("two tensors to change share memory"));
    }
    let memory = &memory;
    let count = beside.len().div_ceil(PIECE);
    context.par_for(count, count.min(SHARES), |piece| {
        let start = piece * PIECE;
        let beside = &beside[start..beside.len().min(start + PIECE)];
        let parts = memory.each_ref().map(|memory| {
            // SAFETY: the range is inside the tensor, as checked above. It overlaps no other range of this call: tensors
            // are apart, and pieces are counted once each. Outside of this call nothing reads or writes these tensors
            // meanwhile: the trainer owns weights and moments and is borrowed mutably for the step, and in the graph
            // every node that reads the weight comes before this one (`graph::training`).
            unsafe { std::slice::from_raw_parts_mut(memory.0.add(start), beside.len()) }
        });
        change(parts, beside);
    })
}

/// Calls `fill` with piece after piece of `size` values of an output, and the piece's number.
pub(super) fn of_output(
    context: &ComputeContext,
    output: &mut [f32],
    size: usize,
    fill: impl Fn(usize, &mut [f32]) + Sync + Send,
) -> ort::Result<()> {
    let count = output.len().checked_div(size).unwrap_or_default();
    let memory = &Memory(output.as_mut_ptr());
    context.par_for(count, count.min(SHARES), |piece| {
        // SAFETY: `count` pieces of `size` values fit into the output, which is borrowed mutably; each is counted once.
        fill(piece, unsafe { std::slice::from_raw_parts_mut(memory.0.add(piece * size), size) });
    })
}
