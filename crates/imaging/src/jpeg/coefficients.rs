//! The coefficients that the scans of a JPEG file have given.

use super::survey::Frame;

/// The coefficients of a component that the scans so far contain.
pub(super) struct Coefficients {
    /// The number of low bits that are still missing, by coefficient. `None` before the first scan.
    pub missing: [Option<u8>; 64],
    /// For progressive files: which coefficients of each block are not zero. Bit `k` stands for coefficient `k` in zigzag order.
    pub nonzero: Vec<u64>,
    /// The number of blocks in a row and in a column that contain pixels.
    pub blocks: [usize; 2],
}

impl Coefficients {
    pub fn new(frame: &Frame, at: usize) -> Self {
        let [widest, tallest] = frame.largest_factors().map(usize::from);
        let component = frame.components[at];
        let blocks = [
            (usize::from(frame.width) * usize::from(component.h)).div_ceil(widest).div_ceil(8),
            (usize::from(frame.height) * usize::from(component.v)).div_ceil(tallest).div_ceil(8),
        ];
        let count = if frame.progressive { blocks[0] * blocks[1] } else { 0 };
        Self { missing: [None; 64], nonzero: vec![0; count], blocks }
    }
}
