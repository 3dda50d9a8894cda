//! Convolutions as plain sums, for every geometry.

use std::ops::Range;

use super::geometry::Geometry;

/// Applies one filter to one image: `x` is `[channels, height, width]`, `y` is `[output height, output width]`.
pub(crate) fn forward(geometry: &Geometry, weight: &[f32], filter: usize, x: &[f32], y: &mut [f32]) {
    y.fill(0.0);
    let taps = &weight[filter * geometry.filter_len()..][..geometry.filter_len()];
    for (channel, &tap, at) in reads(geometry, filter, taps) {
        pairs(geometry, at, |read, written| y[written] += tap * x[channel * plane(geometry) + read]);
    }
}

/// Computes the gradient by one channel of one image: `dy` is `[filters, output height, output width]`, `dx` is `[height, width]`.
pub(crate) fn input_gradient(geometry: &Geometry, weight: &[f32], channel: usize, dy: &[f32], dx: &mut [f32]) {
    dx.fill(0.0);
    let [height, width] = geometry.output_size();
    for (filter, (taps, dy)) in weight.chunks(geometry.filter_len()).zip(dy.chunks(height * width)).enumerate() {
        for (_, &tap, at) in reads(geometry, filter, taps).filter(|&(read, ..)| read == channel) {
            pairs(geometry, at, |read, written| dx[read] += tap * dy[written]);
        }
    }
}

/// Computes the gradient by one filter: `x` is `[n, channels, height, width]`, `dy` is `[n, filters, output height, output width]`,
/// `dw` is `[channels / groups, kernel height, kernel width]`.
pub(crate) fn filter_gradient(geometry: &Geometry, filter: usize, x: &[f32], dy: &[f32], dw: &mut [f32]) {
    let [height, width] = geometry.output_size();
    for (channel, dw, at) in reads(geometry, filter, dw) {
        let images = x.chunks(geometry.input_len()).zip(dy.chunks(geometry.output_len()));
        *dw = images
            .map(|(x, dy)| {
                let (x, dy) = (&x[channel * plane(geometry)..], &dy[filter * height * width..]);
                let mut sum = 0.0;
                pairs(geometry, at, |read, written| sum += x[read] * dy[written]);
                sum
            })
            .sum();
    }
}

fn plane(geometry: &Geometry) -> usize {
    geometry.size[0] * geometry.size[1]
}

/// Returns the taps of one filter, each with the channel that it reads and its position `[row, column]` in the window.
fn reads<T>(
    geometry: &Geometry,
    filter: usize,
    taps: impl IntoIterator<Item = T>,
) -> impl Iterator<Item = (usize, T, [usize; 2])> {
    let [height, width] = geometry.kernel;
    let first = filter / (geometry.filters / geometry.groups) * (geometry.channels / geometry.groups);
    taps.into_iter()
        .enumerate()
        .map(move |(at, tap)| (first + at / (height * width), tap, [at / width % height, at % width]))
}

/// Calls `each` with the index of every pixel that a tap reads in a channel, and the index of the pixel of the output that this pixel
/// contributes to.
fn pairs(geometry: &Geometry, tap: [usize; 2], mut each: impl FnMut(usize, usize)) {
    let [rows, columns] = [0, 1].map(|axis| inside(geometry, tap, axis));
    let first = [0, 1].map(|axis| tap[axis] * geometry.dilations[axis]);
    for row in rows {
        let read = (row * geometry.strides[0] + first[0] - geometry.pads[0]) * geometry.size[1];
        for column in columns.clone() {
            let across = column * geometry.strides[1] + first[1] - geometry.pads[1];
            each(read + across, row * geometry.output_size()[1] + column);
        }
    }
}

/// Returns the windows along an axis for which a tap lies inside of the image.
fn inside(geometry: &Geometry, tap: [usize; 2], axis: usize) -> Range<usize> {
    let (stride, pad) = (geometry.strides[axis], geometry.pads[axis]);
    let first = tap[axis] * geometry.dilations[axis];
    let start = pad.saturating_sub(first).div_ceil(stride);
    let end = (geometry.size[axis] + pad).saturating_sub(first).div_ceil(stride);
    start..end.min(geometry.output_size()[axis])
}
