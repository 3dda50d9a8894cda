//! The values of patches, and the baseline around them.

use super::rect::Rect;
use super::workspace::Workspace;

/// The values of a tensor for the unchanged image, `[height * width, channels]`.
#[derive(Debug, Default)]
pub struct Baseline {
    width: usize,
    channels: usize,
    values: Vec<f32>,
}

impl Baseline {
    /// Wraps `values`, `[height * width, channels]`, of a tensor of `width` columns.
    pub fn new(width: usize, channels: usize, values: Vec<f32>) -> Self {
        Self { width, channels, values }
    }

    /// Returns all values, `[height * width, channels]`.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Returns the channels of one pixel.
    #[inline]
    pub(super) fn at(&self, y: usize, x: usize) -> &[f32] {
        self.run(y, x, 1)
    }

    /// Returns the channels of `count` pixels of a row, from (`y`, `x`) on.
    #[inline]
    pub(super) fn run(&self, y: usize, x: usize, count: usize) -> &[f32] {
        let start = (y * self.width + x) * self.channels;
        &self.values[start..start + count * self.channels]
    }
}

/// The changed rectangles of a tensor: one for each variant of an image. The values of a rectangle are `[height * width, channels]`. The
/// rectangles are contiguous in memory.
#[derive(Debug, Default)]
pub struct Patches {
    channels: usize,
    rects: Vec<Rect>,
    /// The index of the first value of each rectangle, and the number of all values.
    starts: Vec<usize>,
    /// The values. There may be more of them than the rectangles need.
    values: Vec<f32>,
}

impl Patches {
    /// Returns patches of the rectangles `rects` with unspecified values.
    pub fn new(channels: usize, rects: &[Rect], workspace: &mut Workspace) -> Self {
        let mut starts = vec![0];
        let mut end = 0;
        for rect in rects {
            end += rect.area() * channels;
            starts.push(end);
        }
        Self { channels, rects: rects.to_vec(), starts, values: workspace.take(end) }
    }

    /// Returns the rectangles `rects` of `baseline`.
    pub fn of_baseline(baseline: &Baseline, rects: &[Rect], workspace: &mut Workspace) -> Self {
        let mut patches = Self::new(baseline.channels, rects, workspace);
        for (variant, rect) in rects.iter().enumerate() {
            let row = rect.width * baseline.channels;
            if row > 0 {
                for (y, values) in (rect.top..).zip(patches.of_mut(variant).chunks_exact_mut(row)) {
                    values.copy_from_slice(baseline.run(y, rect.left, rect.width));
                }
            }
        }
        patches
    }

    /// Gives the memory of the patches back to `workspace`.
    pub fn recycle(self, workspace: &mut Workspace) {
        workspace.give_back(self.values);
    }

    /// Returns the number of channels.
    #[inline]
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Returns the rectangle of each variant.
    #[inline]
    pub fn rects(&self) -> &[Rect] {
        &self.rects
    }

    /// Returns the values of all rectangles.
    pub fn values(&self) -> &[f32] {
        &self.values[..self.starts.last().copied().unwrap_or(0)]
    }

    /// Returns the values of all rectangles for writing.
    pub fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values[..self.starts.last().copied().unwrap_or(0)]
    }

    /// Returns a copy, with memory from `workspace`.
    #[must_use]
    pub fn copy(&self, workspace: &mut Workspace) -> Self {
        let mut copy = Self::new(self.channels, &self.rects, workspace);
        copy.values_mut().copy_from_slice(self.values());
        copy
    }

    /// Returns the values of one variant, `[height * width, channels]`.
    #[inline]
    pub fn of(&self, variant: usize) -> &[f32] {
        &self.values[self.starts[variant]..self.starts[variant + 1]]
    }

    #[inline]
    pub(super) fn of_mut(&mut self, variant: usize) -> &mut [f32] {
        &mut self.values[self.starts[variant]..self.starts[variant + 1]]
    }

    /// Returns the channels of a pixel for one variant: from its rectangle, or from `baseline` if the pixel lies outside of it.
    #[inline]
    pub(super) fn at<'a>(&'a self, baseline: &'a Baseline, variant: usize, y: usize, x: usize) -> &'a [f32] {
        let rect = self.rects[variant];
        if (rect.top..rect.bottom()).contains(&y) && (rect.left..rect.right()).contains(&x) {
            let start = ((y - rect.top) * rect.width + (x - rect.left)) * self.channels;
            &self.of(variant)[start..start + self.channels]
        } else {
            baseline.at(y, x)
        }
    }

    /// Returns the same values in larger rectangles. The other values of these come from `baseline`.
    #[must_use]
    pub fn grown(&self, baseline: &Baseline, rects: &[Rect], workspace: &mut Workspace) -> Self {
        let mut larger = Self::of_baseline(baseline, rects, workspace);
        for (variant, (small, large)) in self.rects.iter().zip(rects).enumerate() {
            let row = small.width * self.channels;
            if row == 0 {
                continue;
            }
            for (y, values) in (small.top..).zip(self.of(variant).chunks_exact(row)) {
                let start = ((y - large.top) * large.width + small.left - large.left) * self.channels;
                larger.of_mut(variant)[start..start + row].copy_from_slice(values);
            }
        }
        larger
    }

    /// Returns the differences of all values from those of `baseline`, in the same order.
    pub(super) fn differences(&self, baseline: &Baseline, workspace: &mut Workspace) -> Vec<f32> {
        let mut differences = workspace.take(self.values().len());
        for (variant, rect) in self.rects.iter().enumerate() {
            let row = rect.width * self.channels;
            if row == 0 {
                continue;
            }
            let into = differences[self.starts[variant]..].chunks_exact_mut(row);
            for (y, (into, values)) in (rect.top..).zip(into.zip(self.of(variant).chunks_exact(row))) {
                for ((into, value), was) in into.iter_mut().zip(values).zip(baseline.run(y, rect.left, rect.width)) {
                    *into = value - was;
                }
            }
        }
        differences
    }

    /// Returns the index of the first value of a variant among all values and in [`Patches::differences`].
    pub(super) fn start(&self, variant: usize) -> usize {
        self.starts[variant]
    }
}
