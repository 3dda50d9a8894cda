//! Convolution of differences by the row of values that each place of the output reads: for strides, dilations, groups
//! and kernels that [`tiles`](super::tiles) is not for.

use graph::local::Slide;
use ndarray::{Array2, ArrayView4, ArrayViewD, Ix2, ShapeError, s};

use super::regions::{Plane, Regions};
use crate::Rect;

/// A convolution whose every output place has a row of all that it reads.
#[derive(Debug)]
pub(super) struct Columns {
    slides: [Slide; 2],
    group: usize,
}

impl Columns {
    /// With it the matrices `[kernel * kernel * inputs / group, outputs / group]`, one a group, that the filters
    /// `[outputs, inputs / group, kernel, kernel]` become.
    pub(super) fn new(slides: [Slide; 2], group: usize, filters: &ArrayView4<f32>) -> (Self, Vec<Array2<f32>>) {
        let (outputs, inputs, ..) = filters.dim();
        let each = outputs / group;
        let [down, across] = slides.map(|slide| slide.kernel);
        let matrix = |part: usize| {
            Array2::from_shape_fn((down * across * inputs, each), |(row, output)| {
                let (place, input) = (row / inputs, row % inputs);
                filters[[part * each + output, input, place / across, place % across]]
            })
        };
        let matrices = (0..group).map(matrix).collect();
        (Self { slides, group }, matrices)
    }

    /// Writes the rows of each group's product, `[groups][places of the output, kernel * kernel * channels / group]`, over
    /// `rows`; returns how many places there are and how long a row is.
    pub(super) fn gather(&self, input: &Regions, plane: &Plane, rects: &[Rect], rows: &mut Vec<f32>) -> (usize, usize) {
        let [down, across] = self.slides;
        let each = input.channels / self.group;
        let row = down.kernel * across.kernel * each;
        let places: usize = rects.iter().map(|rect| rect.area()).sum();
        let differences = input.differences(plane);
        rows.clear();
        rows.resize(self.group * places * row, 0.0);
        for part in 0..self.group {
            let mut at = part * places;
            for (window, rect) in rects.iter().enumerate() {
                let start = input.start(window);
                let read = input.rects[window];
                let differences = &differences[start..];
                for (y, x) in (rect.top..rect.bottom()).flat_map(|y| (rect.left..rect.right()).map(move |x| (y, x))) {
                    let values = &mut rows[at * row..(at + 1) * row];
                    at += 1;
                    for ky in 0..down.kernel {
                        let Some(from_y) = down.place(y, ky).filter(|from| (read.top..read.bottom()).contains(from))
                        else {
                            continue;
                        };
                        let line = (from_y - read.top) * read.width;
                        let mut copy = |kx: usize, from_x: usize, count: usize| {
                            let from = (line + from_x - read.left) * input.channels + part * each;
                            let to = (ky * across.kernel + kx) * each;
                            let length = if self.group == 1 { count * each } else { each };
                            values[to..to + length].copy_from_slice(&differences[from..from + length]);
                        };
                        let inside =
                            |kx: usize| across.place(x, kx).filter(|from| (read.left..read.right()).contains(from));
                        if self.group == 1 && across.dilation == 1 {
                            // Neighbours lie side by side: one run.
                            let first = (0..across.kernel).find_map(|kx| inside(kx).map(|from| (kx, from)));
                            if let Some((kx, from)) = first {
                                copy(kx, from, (across.kernel - kx).min(read.right() - from));
                            }
                        } else {
                            for kx in 0..across.kernel {
                                if let Some(from) = inside(kx) {
                                    copy(kx, from, 1);
                                }
                            }
                        }
                    }
                }
            }
        }
        (places, row)
    }

    /// Adds the products `[places of the output, channels / group]`, one a group, to `output`.
    pub(super) fn scatter(&self, products: &[(&str, ArrayViewD<f32>)], output: &mut Regions) -> Result<(), ShapeError> {
        let each = output.channels / self.group;
        for (part, (_, rows)) in products.iter().enumerate() {
            let rows = rows.view().into_dimensionality::<Ix2>()?;
            let sums = output.values.chunks_exact_mut(output.channels);
            for (values, row) in sums.zip(rows.outer_iter()) {
                let values = &mut values[part * each..(part + 1) * each];
                for (value, sum) in values.iter_mut().zip(row.slice(s![..])) {
                    *value += sum;
                }
            }
        }
        Ok(())
    }
}
