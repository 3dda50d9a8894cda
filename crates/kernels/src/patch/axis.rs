//! Windows along one axis.

use crate::convolution::Geometry;

/// The windows of a convolution or a pooling along one axis. Window `o` reads the positions `o * stride - before + k * dilation` for `k`
/// in `0..kernel`, as far as they are in `0..size`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowAxis {
    /// Number of positions of the input along the axis.
    pub size: usize,
    /// Number of positions that a window reads.
    pub kernel: usize,
    /// Distance from one window to the next.
    pub stride: usize,
    /// Distance from one position of a window to the next.
    pub dilation: usize,
    /// Padding before the first position.
    pub before: usize,
}

impl WindowAxis {
    /// Returns the windows of a convolution, down and right.
    pub(super) fn of(geometry: &Geometry) -> [Self; 2] {
        [0, 1].map(|axis| Self {
            size: geometry.size[axis],
            kernel: geometry.kernel[axis],
            stride: geometry.strides[axis],
            dilation: geometry.dilations[axis],
            before: geometry.pads[axis],
        })
    }

    /// Returns the position that the window `window` reads at `k`, or `None` if it lies outside of the input.
    #[inline]
    pub(super) fn place(&self, window: usize, k: usize) -> Option<usize> {
        (window * self.stride + k * self.dilation).checked_sub(self.before).filter(|place| *place < self.size)
    }
}
