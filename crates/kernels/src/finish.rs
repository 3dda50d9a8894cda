//! What becomes of a convolution's sums before they are written.

#![allow(clippy::inline_always, reason = "only what is part of the dispatched function is made for its processor")]

use std::ops::Range;

use crate::Error;

/// What becomes of the sums: bias, rectifier and pooling, in this order.
#[derive(Clone, Copy, Debug, Default)]
pub struct Finish<'f> {
    /// Added to all of a filter's, `[filters]`.
    pub bias: Option<&'f [f32]>,
    /// Whether what is negative is set to zero.
    pub relu: bool,
    /// Of which windows the largest value alone is written.
    pub pool: Option<Pool>,
}

/// Windows over an output, down and right: ONNX's `MaxPool` without dilations. Places outside of the output do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Places in a window.
    pub kernel: [usize; 2],
    /// Places from one window to the next.
    pub strides: [usize; 2],
    /// Places of the first window that lie before the output.
    pub before: [usize; 2],
    /// How many windows there are.
    pub windows: [usize; 2],
}

impl Pool {
    /// Whether every window over an output of `size` covers something.
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

    /// Values that are written of one filter.
    pub(crate) fn written(&self) -> usize {
        self.windows[0] * self.windows[1]
    }

    /// Writes the `larger` of each window's values: `from` is `[height, columns]`, of which `size` counts; `into` is
    /// `[windows down, windows right]`.
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

    /// The places that a window covers along an axis.
    #[inline(always)]
    fn covers(&self, axis: usize, window: usize, size: usize) -> Range<usize> {
        let start = window * self.strides[axis];
        start.saturating_sub(self.before[axis])..(start + self.kernel[axis] - self.before[axis]).min(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2 x 5 places in rows of 6, windows of 3 by 2 that stand out on all sides but the right one.
    #[test]
    fn windows_are_cut_off_at_the_edges() {
        let pool = Pool { kernel: [3, 2], strides: [2, 2], before: [1, 1], windows: [2, 3] };
        pool.check([2, 5]).unwrap();
        let from = [1, 2, 9, 3, 4, 99, 5, 0, 6, 8, 7, 99];
        let mut into = [0; 6];
        pool.largest(&from, 6, [2, 5], &mut into, i32::max);
        assert_eq!(into, [5, 9, 8, 5, 6, 8]);
    }

    #[test]
    fn a_window_that_covers_nothing_is_an_error() {
        let pool = Pool { kernel: [2, 2], strides: [2, 2], before: [0, 0], windows: [2, 2] };
        pool.check([3, 3]).unwrap();
        for wrong in [
            Pool { windows: [3, 2], ..pool },
            Pool { windows: [2, 0], ..pool },
            Pool { strides: [0, 2], ..pool },
            Pool { before: [0, 2], ..pool },
            Pool { strides: [2, usize::MAX], ..pool },
            Pool { kernel: [2, usize::MAX], ..pool },
        ] {
            wrong.check([3, 3]).unwrap_err();
        }
    }
}
