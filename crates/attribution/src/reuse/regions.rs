//! Rectangles of a tensor's values, one a window.

use ndarray::ArrayView3;

use crate::Rect;

/// What a tensor holds for the uncovered picture, `[height * width, channels]`.
#[derive(Debug, Default)]
pub(crate) struct Plane {
    pub(crate) width: usize,
    pub(crate) channels: usize,
    pub(crate) values: Vec<f32>,
}

impl Plane {
    /// From `[channels, height, width]`.
    pub(crate) fn of(tensor: ArrayView3<f32>) -> Self {
        let (channels, _, width) = tensor.dim();
        let turned = tensor.permuted_axes([1, 2, 0]);
        Self { width, channels, values: turned.iter().copied().collect() }
    }

    /// The channels of one place.
    pub(crate) fn at(&self, y: usize, x: usize) -> &[f32] {
        let start = (y * self.width + x) * self.channels;
        &self.values[start..start + self.channels]
    }

    /// `count` places of a row, from (`y`, `x`) on.
    pub(crate) fn run(&self, y: usize, x: usize, count: usize) -> &[f32] {
        let start = (y * self.width + x) * self.channels;
        &self.values[start..start + count * self.channels]
    }
}

/// The changed rectangle of a tensor for each of some windows: values `[height * width, channels]`, one rectangle
/// behind the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Regions {
    pub(crate) channels: usize,
    pub(crate) rects: Vec<Rect>,
    /// Where each rectangle's values begin, and the end of the last.
    starts: Vec<usize>,
    pub(crate) values: Vec<f32>,
}

impl Regions {
    /// Room for these rectangles, all 0.
    pub(crate) fn zeros(channels: usize, rects: &[Rect]) -> Self {
        let mut starts = vec![0];
        let mut end = 0;
        for rect in rects {
            end += rect.area() * channels;
            starts.push(end);
        }
        Self { channels, rects: rects.to_vec(), starts, values: vec![0.0; end] }
    }

    /// These rectangles of `plane`.
    pub(crate) fn of_plane(plane: &Plane, rects: &[Rect]) -> Self {
        let mut regions = Self::zeros(plane.channels, rects);
        for (window, rect) in rects.iter().enumerate() {
            let row = rect.width * plane.channels;
            if row > 0 {
                for (y, values) in (rect.top..).zip(regions.of_mut(window).chunks_exact_mut(row)) {
                    values.copy_from_slice(plane.run(y, rect.left, rect.width));
                }
            }
        }
        regions
    }

    /// The values of one window's rectangle.
    pub(crate) fn of(&self, window: usize) -> &[f32] {
        &self.values[self.starts[window]..self.starts[window + 1]]
    }

    pub(crate) fn of_mut(&mut self, window: usize) -> &mut [f32] {
        &mut self.values[self.starts[window]..self.starts[window + 1]]
    }

    /// The channels of a place for one window, from its rectangle or else from `plane`.
    pub(crate) fn at<'a>(&'a self, plane: &'a Plane, window: usize, y: usize, x: usize) -> &'a [f32] {
        let rect = self.rects[window];
        if (rect.top..rect.bottom()).contains(&y) && (rect.left..rect.right()).contains(&x) {
            let start = ((y - rect.top) * rect.width + (x - rect.left)) * self.channels;
            &self.of(window)[start..start + self.channels]
        } else {
            plane.at(y, x)
        }
    }

    /// The same values in larger rectangles, what is added from `plane`.
    pub(crate) fn grown(&self, plane: &Plane, rects: &[Rect]) -> Self {
        let mut larger = Self::of_plane(plane, rects);
        for (window, (small, large)) in self.rects.iter().zip(rects).enumerate() {
            let row = small.width * self.channels;
            if row == 0 {
                continue;
            }
            for (y, values) in (small.top..).zip(self.of(window).chunks_exact(row)) {
                let start = ((y - large.top) * large.width + small.left - large.left) * self.channels;
                larger.of_mut(window)[start..start + row].copy_from_slice(values);
            }
        }
        larger
    }

    /// By how much each value differs from `plane`'s in its place.
    pub(crate) fn differences(&self, plane: &Plane) -> Vec<f32> {
        let mut differences = self.values.clone();
        for (window, rect) in self.rects.iter().enumerate() {
            let row = rect.width * self.channels;
            if row == 0 {
                continue;
            }
            let values = &mut differences[self.starts[window]..self.starts[window + 1]];
            for (y, values) in (rect.top..).zip(values.chunks_exact_mut(row)) {
                for (value, was) in values.iter_mut().zip(plane.run(y, rect.left, rect.width)) {
                    *value -= was;
                }
            }
        }
        differences
    }

    /// Where the values of `window` begin in [`Regions::values`] and in [`Regions::differences`].
    pub(crate) fn start(&self, window: usize) -> usize {
        self.starts[window]
    }
}
