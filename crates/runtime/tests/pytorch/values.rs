//! Pseudo-random numbers that are the same in Python and in Rust. They are hashes of the name of a tensor and the index of an
//! entry. `reference/values.py` is the counterpart in Python.

use ndarray::{ArrayD, IxDyn};

/// Returns the 32-bit FNV-1a hash of the name.
fn seed(name: &str) -> u32 {
    name.bytes().fold(0x811C_9DC5, |value, byte| (value ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Returns a 32-bit hash for each index, by the finalizer of `MurmurHash3`.
pub fn hashes(name: &str, count: usize) -> impl Iterator<Item = u32> + use<> {
    let seed = seed(name);
    (0..count as u32).map(move |place| {
        let mut value = place.wrapping_mul(0x9E37_79B1).wrapping_add(seed);
        value = (value ^ value >> 16).wrapping_mul(0x85EB_CA6B);
        value = (value ^ value >> 13).wrapping_mul(0xC2B2_AE35);
        value ^ value >> 16
    })
}

/// Returns numbers that are uniformly distributed over `offset - scale` to `offset + scale`.
pub fn uniform(name: &str, shape: &[usize], scale: f32, offset: f32) -> ArrayD<f32> {
    let count = shape.iter().product();
    let unit = hashes(name, count).map(|hash| (hash >> 8) as f32 / (1_u32 << 23) as f32 - 1.0);
    ArrayD::from_shape_vec(IxDyn(shape), unit.map(|value| value * scale + offset).collect()).unwrap()
}

/// Returns a dropout mask: half of the entries are 0, and the others are 2.
pub fn mask(name: &str, shape: &[usize]) -> ArrayD<f32> {
    let values = hashes(name, shape.iter().product()).map(|hash| (hash >> 31) as f32 * 2.0);
    ArrayD::from_shape_vec(IxDyn(shape), values.collect()).unwrap()
}
