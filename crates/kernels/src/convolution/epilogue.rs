//! The epilogue: the work on the sums of a convolution before they are stored.

#![allow(clippy::inline_always, reason = "a function is compiled for an instruction set only as part of its caller")]

use std::ops::Range;

use crate::error::Error;

/// The work on the sums of a convolution before they are stored: bias, rectifier and pooling, in this order.
#[derive(Clone, Copy, Debug, Default)]
pub struct Epilogue<'e> {
    /// The bias of each filter, `[filters]`.
    pub bias: Option<&'e [f32]>,
    /// Whether negative sums become zero.
    pub relu: bool,
    /// A pooling: only the largest value of each window is stored.
    pub pool: Option<MaxPool>,
}

/// Max pooling over an output: ONNX's `MaxPool` without dilations. The two values of a field are for the vertical and the horizontal axis.
/// Pixels outside of the output do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxPool {
    /// Size of a window, in pixels.
    pub kernel: [usize; 2],
    /// Distance from one window to the next, in pixels.
    pub strides: [usize; 2],
    /// Padding before the first pixel of the output.
    pub before: [usize; 2],
    /// Number of windows along each axis.
    pub windows: [usize; 2],
}

impl MaxPool {
    /// Returns an error if a window over an output of `size` covers no pixel.
    pub(crate) fn check(&self, size: [usize; 2]) -> Result<(), Error> {
        for (at, axis) in ["height", "width"].into_iter().enumerate() {
            let (kernel, before, windows) = (self.kernel[at], self.before[at], self.windows[at]);
            if windows == 0 || self.strides[at] == 0 {
                return Err(Error::Zero(if windows == 0 {
                    "windows of the pooling"
                } else {
                    "strides of the pooling"
                }));
            }
            let last = self.strides[at].checked_mul(windows - 1).and_then(|last| last.checked_add(kernel));
            let begins = last.map(|end| (end - kernel).saturating_sub(before));
            if kernel <= before || begins.is_none_or(|begins| begins >= size[at]) {
                return Err(Error::Window { axis, window: kernel, padded: size[at] });
            }
        }
        Ok(())
    }

    /// Returns the number of stored values for one filter.
    pub(crate) fn output_len(&self) -> usize {
        self.windows[0] * self.windows[1]
    }

    /// Writes the largest value of each window to `into`, `[windows down, windows right]`. `from` is row-major, with `columns` values in a
    /// row. Only its first `size[0]` rows and `size[1]` columns belong to the output. `larger` returns the larger of two values.
    #[inline(always)]
    pub(crate) fn largest<T: Copy>(
        &self,
        from: &[T],
        columns: usize,
        size: [usize; 2],
        into: &mut [T],
        larger: impl Fn(T, T) -> T,
    ) {
        for (down, into) in into.chunks_exact_mut(self.windows[1]).enumerate() {
            let rows = self.covers(0, down, size[0]);
            for (right, into) in into.iter_mut().enumerate() {
                let covered = self.covers(1, right, size[1]);
                let mut found = from[rows.start * columns + covered.start];
                for row in rows.clone() {
                    for &value in &from[row * columns..][covered.clone()] {
                        found = larger(found, value);
                    }
                }
                *into = found;
            }
        }
    }

    /// Returns the pixels that a window covers along an axis.
    #[inline(always)]
    fn covers(&self, axis: usize, window: usize, size: usize) -> Range<usize> {
        let start = window * self.strides[axis];
        start.saturating_sub(self.before[axis])..(start + self.kernel[axis] - self.before[axis]).min(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The output has 2 x 5 pixels, in rows of 6 values. The windows of 3 x 2 reach beyond every edge but the right one.
    #[test]
    fn windows_end_at_the_edges() {
        let pool = MaxPool { kernel: [3, 2], strides: [2, 2], before: [1, 1], windows: [2, 3] };
        pool.check([2, 5]).unwrap();
        let from = [1, 2, 9, 3, 4, 99, 5, 0, 6, 8, 7, 99];
        let mut into = [0; 6];
        pool.largest(&from, 6, [2, 5], &mut into, i32::max);
        assert_eq!(into, [5, 9, 8, 5, 6, 8]);
    }

    #[test]
    fn a_window_that_covers_no_place_is_an_error() {
        let pool = MaxPool { kernel: [2, 2], strides: [2, 2], before: [0, 0], windows: [2, 2] };
        pool.check([3, 3]).unwrap();
        for wrong in [
            MaxPool { windows: [3, 2], ..pool },
            MaxPool { windows: [2, 0], ..pool },
            MaxPool { strides: [0, 2], ..pool },
            MaxPool { before: [0, 2], ..pool },
            MaxPool { strides: [2, usize::MAX], ..pool },
            MaxPool { kernel: [2, usize::MAX], ..pool },
        ] {
            wrong.check([3, 3]).unwrap_err();
        }
    }
}
