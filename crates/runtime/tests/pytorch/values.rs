//! Numbers that Python and Rust draw alike: from a hash of a tensor's name and an entry's place in it.
//! The counterpart of `reference/values.py`.

use ndarray::{ArrayD, IxDyn};

/// FNV-1a, 32 bits, of the name.
fn seed(name: &str) -> u32 {
    name.bytes().fold(0x811C_9DC5, |value, byte| (value ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// One 32-bit hash for each place: the finalizer of `MurmurHash3`.
pub fn hashes(name: &str, count: usize) -> impl Iterator<Item = u32> + use<> {
    let seed = seed(name);
    (0..count as u32).map(move |place| {
        let mut value = place.wrapping_mul(0x9E37_79B1).wrapping_add(seed);
        value = (value ^ value >> 16).wrapping_mul(0x85EB_CA6B);
        value = (value ^ value >> 13).wrapping_mul(0xC2B2_AE35);
        value ^ value >> 16
    })
}

/// Evenly over `offset - scale` to `offset + scale`.
pub fn uniform(name: &str, shape: &[usize], scale: f32, offset: f32) -> ArrayD<f32> {
    let count = shape.iter().product();
    let unit = hashes(name, count).map(|hash| (hash >> 8) as f32 / (1_u32 << 23) as f32 - 1.0);
    ArrayD::from_shape_vec(IxDyn(shape), unit.map(|value| value * scale + offset).collect()).unwrap()
}

/// 0 for one half of the entries, 2 for the other.
pub fn mask(name: &str, shape: &[usize]) -> ArrayD<f32> {
    let values = hashes(name, shape.iter().product()).map(|hash| (hash >> 31) as f32 * 2.0);
    ArrayD::from_shape_vec(IxDyn(shape), values.collect()).unwrap()
}
