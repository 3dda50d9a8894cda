//! The unit in which the kernels read and write memory.

#![allow(clippy::inline_always, reason = "a function is compiled for an instruction set only as part of its caller")]

/// Number of values in a [`Lanes`]: the width of a 512-bit register, which is also a cache line.
pub const LANES: usize = 16;

/// One value of each of [`LANES`] channels.
pub type Lanes = [f32; LANES];

/// Returns the first [`LANES`] values of `from`, with zeros behind the last one if there are fewer.
#[inline(always)]
pub fn padded_lanes(from: &[f32]) -> Lanes {
    if let Some(lanes) = from.first_chunk() {
        return *lanes;
    }
    let mut lanes = [0.0; LANES];
    lanes[..from.len()].copy_from_slice(from);
    lanes
}

/// Adds `lanes` to the first [`LANES`] of `values`, or to all of them if there are fewer.
#[inline(always)]
pub(crate) fn add_lanes(values: &mut [f32], lanes: &Lanes) {
    if let Some(values) = values.first_chunk_mut::<LANES>() {
        for lane in 0..LANES {
            values[lane] += lanes[lane];
        }
        return;
    }
    for (value, lane) in values.iter_mut().zip(lanes) {
        *value += lane;
    }
}
