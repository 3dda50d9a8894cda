//! Convolutions of differences by the row of values that each pixel of the output reads: for strides, dilations, groups and all kernels
//! that [`blocks`](super::blocks) does not support.

use super::axis::WindowAxis;
use super::patches::{Baseline, Patches};
use super::workspace::Workspace;
use crate::convolution::Geometry;
use crate::gemm::PackedMatrices;
use crate::simd::{LANES, add_lanes};

/// Number of pixels of the output that are computed at once, so that their rows stay in a cache.
const AT_ONCE: usize = 144;

/// A convolution as a product of matrices. The left operand has a row for each pixel of the output.
#[derive(Debug)]
pub(super) struct Im2col {
    axes: [WindowAxis; 2],
    groups: usize,
    /// One matrix `[kernel height * kernel width * channels / groups, filters / groups]` a group.
    matrices: PackedMatrices,
}

impl Im2col {
    /// Packs `weight`, `[filters, channels / groups, kernel height, kernel width]`.
    pub(super) fn new(geometry: &Geometry, weight: &[f32]) -> Self {
        let [down, across] = geometry.kernel;
        let (groups, inputs) = (geometry.groups, geometry.channels / geometry.groups);
        let each = geometry.filters / groups;
        let matrices = PackedMatrices::new(groups, [down * across * inputs, each], |row, output, values| {
            let (place, input) = (row / inputs, row % inputs);
            for (part, value) in values.iter_mut().enumerate() {
                *value = weight[((part * each + output) * inputs + input) * down * across + place];
            }
        });
        Self { axes: WindowAxis::of(geometry), groups, matrices }
    }

    /// Adds the convolution of the differences of `input` from `baseline` to `output`.
    pub(super) fn run(&self, workspace: &mut Workspace, input: &Patches, baseline: &Baseline, output: &mut Patches) {
        let [groups, filter_groups] = self.matrices.groups();
        let (channels, each) = (output.channels(), output.channels() / self.groups);
        let differences = input.differences(baseline, workspace);
        let places: Vec<[usize; 3]> = (output.rects().iter().enumerate())
            .flat_map(|(variant, rect)| (rect.top..rect.bottom()).map(move |y| (variant, rect, y)))
            .flat_map(|(variant, rect, y)| (rect.left..rect.right()).map(move |x| [variant, y, x]))
            .collect();
        let mut row = vec![0.0; groups * LANES];
        for part in 0..self.groups {
            for (places, values) in places.chunks(AT_ONCE).zip(output.values_mut().chunks_mut(AT_ONCE * channels)) {
                let count = places.len();
                let rows = workspace.rows.take(groups * count);
                let sums = workspace.sums.take(filter_groups * count);
                for (at, place) in places.iter().enumerate() {
                    self.read(input, &differences, part, *place, &mut row);
                    for (lanes, into) in row.as_chunks().0.iter().zip(rows[at..].iter_mut().step_by(count)) {
                        *into = *lanes;
                    }
                }
                self.matrices.multiply(part, rows, sums);
                for (at, values) in values.chunks_exact_mut(channels).enumerate() {
                    let values = values[part * each..][..each].chunks_mut(LANES);
                    for (values, sums) in values.zip(sums[at..].iter().step_by(count)) {
                        add_lanes(values, sums);
                    }
                }
            }
        }
        workspace.give_back(differences);
    }

    /// Writes the differences that a pixel `[variant, y, x]` of the output reads in one group of channels to `row`.
    fn read(&self, input: &Patches, differences: &[f32], part: usize, [variant, y, x]: [usize; 3], row: &mut [f32]) {
        let [down, across] = &self.axes;
        let each = input.channels() / self.groups;
        let read = input.rects()[variant];
        let differences = &differences[input.start(variant)..];
        let inside = |kx: usize| across.place(x, kx).filter(|from| (read.left..read.right()).contains(from));
        // Neighbouring pixels are contiguous and are copied at once.
        let runs = self.groups == 1 && across.dilation == 1;
        let first = if runs { (0..across.kernel).find_map(|kx| inside(kx).map(|from| (kx, from))) } else { None };
        row.fill(0.0);
        for ky in 0..down.kernel {
            let Some(from_y) = down.place(y, ky).filter(|from| (read.top..read.bottom()).contains(from)) else {
                continue;
            };
            let line = (from_y - read.top) * read.width;
            let mut copy = |kx: usize, from_x: usize, length: usize| {
                let from = (line + from_x - read.left) * input.channels() + part * each;
                let to = (ky * across.kernel + kx) * each;
                row[to..to + length].copy_from_slice(&differences[from..from + length]);
            };
            if runs {
                if let Some((kx, from)) = first {
                    copy(kx, from, (across.kernel - kx).min(read.right() - from) * each);
                }
                continue;
            }
            for kx in 0..across.kernel {
                if let Some(from) = inside(kx) {
                    copy(kx, from, each);
                }
            }
        }
    }
}
