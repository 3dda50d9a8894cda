//! Convolution of differences by the row of values that each place of the output reads: for strides, dilations, groups
//! and kernels that [`tiles`](super::tiles) is not for.

use graph::local::Slide;
use kernels::{LANES, Matrices};
use ndarray::ArrayView4;

use super::regions::{Plane, Regions};
use super::room::Room;
use super::transforms::add;

/// Places of the output that are worked on at once, so that their rows stay in a cache.
const AT_ONCE: usize = 144;

/// A convolution whose every output place has a row of all that it reads.
#[derive(Debug)]
pub(super) struct Columns {
    slides: [Slide; 2],
    group: usize,
    /// One a group, `[kernel * kernel * inputs / group, outputs / group]`.
    matrices: Matrices,
}

impl Columns {
    /// For the filters `[outputs, inputs / group, kernel, kernel]`.
    pub(super) fn new(slides: [Slide; 2], group: usize, filters: &ArrayView4<f32>) -> Self {
        let (outputs, inputs, ..) = filters.dim();
        let each = outputs / group;
        let [down, across] = slides.map(|slide| slide.kernel);
        let matrices = Matrices::new(group, [down * across * inputs, each], |row, output, values| {
            let (place, input) = (row / inputs, row % inputs);
            for (part, value) in values.iter_mut().enumerate() {
                *value = filters[[part * each + output, input, place / across, place % across]];
            }
        });
        Self { slides, group, matrices }
    }

    /// Adds to `output` what the differences of `input` from `plane` give.
    pub(super) fn run(&self, room: &mut Room, input: &Regions, plane: &Plane, output: &mut Regions) {
        let [groups, filter_groups] = self.matrices.groups();
        let (channels, each) = (output.channels, output.channels / self.group);
        let differences = input.differences(plane, room);
        let places: Vec<[usize; 3]> = (output.rects.iter().enumerate())
            .flat_map(|(window, rect)| (rect.top..rect.bottom()).map(move |y| (window, rect, y)))
            .flat_map(|(window, rect, y)| (rect.left..rect.right()).map(move |x| [window, y, x]))
            .collect();
        let mut row = vec![0.0; groups * LANES];
        for part in 0..self.group {
            for (places, values) in places.chunks(AT_ONCE).zip(output.values_mut().chunks_mut(AT_ONCE * channels)) {
                let count = places.len();
                let rows = room.rows.lanes(groups * count);
                let sums = room.sums.lanes(filter_groups * count);
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
                        add(values, sums);
                    }
                }
            }
        }
        room.put(differences);
    }

    /// Writes all that a place `[window, y, x]` of the output reads for one group over `row`.
    fn read(&self, input: &Regions, differences: &[f32], part: usize, [window, y, x]: [usize; 3], row: &mut [f32]) {
        let [down, across] = &self.slides;
        let each = input.channels / self.group;
        let read = input.rects[window];
        let differences = &differences[input.start(window)..];
        let inside = |kx: usize| across.place(x, kx).filter(|from| (read.left..read.right()).contains(from));
        // Where neighbours lie side by side, they are one run.
        let runs = self.group == 1 && across.dilation == 1;
        let first = if runs { (0..across.kernel).find_map(|kx| inside(kx).map(|from| (kx, from))) } else { None };
        row.fill(0.0);
        for ky in 0..down.kernel {
            let Some(from_y) = down.place(y, ky).filter(|from| (read.top..read.bottom()).contains(from)) else {
                continue;
            };
            let line = (from_y - read.top) * read.width;
            let mut copy = |kx: usize, from_x: usize, length: usize| {
                let from = (line + from_x - read.left) * input.channels + part * each;
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
