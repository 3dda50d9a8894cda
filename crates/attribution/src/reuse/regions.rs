//! Rectangles of a tensor's values, one a window.

use ndarray::ArrayView3;

use super::room::Room;
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
#[derive(Debug, Default)]
pub(crate) struct Regions {
    pub(crate) channels: usize,
    pub(crate) rects: Vec<Rect>,
    /// Where each rectangle's values begin, and the end of the last.
    starts: Vec<usize>,
    /// Longer than they need.
    pub(crate) values: Vec<f32>,
}

impl Regions {
    /// Room for these rectangles; what their values are is left open.
    pub(crate) fn new(channels: usize, rects: &[Rect], room: &mut Room) -> Self {
        let mut starts = vec![0];
        let mut end = 0;
        for rect in rects {
            end += rect.area() * channels;
            starts.push(end);
        }
        Self { channels, rects: rects.to_vec(), starts, values: room.take(end) }
    }

    /// These rectangles of `plane`.
    pub(crate) fn of_plane(plane: &Plane, rects: &[Rect], room: &mut Room) -> Self {
        let mut regions = Self::new(plane.channels, rects, room);
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

    /// All rectangles' values.
    pub(crate) fn values(&self) -> &[f32] {
        &self.values[..self.starts.last().copied().unwrap_or(0)]
    }

    pub(crate) fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values[..self.starts.last().copied().unwrap_or(0)]
    }

    /// The same once more.
    pub(crate) fn copy(&self, room: &mut Room) -> Self {
        let mut copy = Self::new(self.channels, &self.rects, room);
        copy.values_mut().copy_from_slice(self.values());
        copy
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
    pub(crate) fn grown(&self, plane: &Plane, rects: &[Rect], room: &mut Room) -> Self {
        let mut larger = Self::of_plane(plane, rects, room);
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

    /// By how much each value differs from `plane`'s in its place, as the values lie.
    pub(crate) fn differences(&self, plane: &Plane, room: &mut Room) -> Vec<f32> {
        let mut differences = room.take(self.values().len());
        for (window, rect) in self.rects.iter().enumerate() {
            let row = rect.width * self.channels;
            if row == 0 {
                continue;
            }
            let into = differences[self.starts[window]..].chunks_exact_mut(row);
            for (y, (into, values)) in (rect.top..).zip(into.zip(self.of(window).chunks_exact(row))) {
                for ((into, value), was) in into.iter_mut().zip(values).zip(plane.run(y, rect.left, rect.width)) {
                    *into = value - was;
                }
            }
        }
        differences
    }

    /// Where the values of `window` begin in all rectangles' and in [`Regions::differences`].
    pub(crate) fn start(&self, window: usize) -> usize {
        self.starts[window]
    }
}
