//! Packing: images with the channels of a pixel next to each other, and back to planes.

#![allow(clippy::similar_names, reason = "coordinates and sizes of planes")]
#![allow(clippy::needless_range_loop, reason = "iterators over arrays of registers go through memory")]
#![allow(clippy::inline_always, reason = "a function is compiled for an instruction set only as part of its caller")]

use pulp::Simd;

use super::plan::ConvolutionPlan;
use crate::simd::{LANES, Lanes, transpose};

/// Returns the index of each pixel of an image of `size` in rows of `width`. The first pixel is at `[top, left]`.
pub(crate) fn places(size: [usize; 2], width: usize, [top, left]: [usize; 2]) -> Vec<usize> {
    (0..size[0]).flat_map(|y| (0..size[1]).map(move |x| (y + top) * width + x + left)).collect()
}

/// Packs up to [`LANES`] planes: pixel `i` goes to `into[places[i]]`. Missing planes become zero.
#[inline(always)]
pub(crate) fn pack_planes<S: Simd>(simd: S, planes: &[f32], places: &[usize], into: &mut [Lanes]) {
    let (mut tails, mut pixels) = ([[0.0; LANES]; LANES], [[0.0; LANES]; LANES]);
    for (at, some) in places.chunks(LANES).enumerate() {
        // Values that are read behind the last pixel of a plane are not used.
        let rest = |row: usize| planes.get(row * places.len() + at * LANES..).unwrap_or_default();
        if rest(LANES - 1).len() < LANES {
            for (row, tail) in tails.iter_mut().enumerate() {
                let rest = rest(row);
                let count = rest.len().min(LANES);
                tail[..count].copy_from_slice(&rest[..count]);
                tail[count..].fill(0.0);
            }
        }
        let mut rows = tails.each_ref();
        for row in 0..LANES {
            rows[row] = rest(row).first_chunk().unwrap_or(rows[row]);
        }
        transpose(simd, rows, &mut pixels);
        for (&to, pixel) in some.iter().zip(&pixels) {
            into[to] = *pixel;
        }
    }
}

/// Reverses [`pack_planes`]: pixel `i` of up to [`LANES`] planes comes from `from[places[i]]`.
#[inline(always)]
pub(crate) fn unpack_planes<S: Simd>(simd: S, from: &[Lanes], places: &[usize], planes: &mut [f32]) {
    let mut rows = [[0.0; LANES]; LANES];
    for (at, some) in places.chunks(LANES).enumerate() {
        // The last chunk is filled up with its first pixel. The result of these copies is not used.
        let mut pixels = [&from[some[0]]; LANES];
        for (pixel, &to) in pixels.iter_mut().zip(some) {
            *pixel = &from[to];
        }
        transpose(simd, pixels, &mut rows);
        for (row, plane) in rows.iter().zip(planes.chunks_exact_mut(places.len())) {
            let rest = &mut plane[at * LANES..];
            match rest.first_chunk_mut() {
                Some(whole) => *whole = *row,
                None => rest.copy_from_slice(&row[..rest.len()]),
            }
        }
    }
}

/// Packs the pixels of one group of phases, padding included, as the tiles read them: `into` is `[rows, columns]`.
pub(crate) fn pack_phases(plan: &ConvolutionPlan, image: &[f32], group: usize, into: &mut [Lanes]) {
    let geometry = &plan.geometry;
    let ([_, columns], [down, right]) = (plan.input_extent(), plan.phases);
    let (first, end) = (group * LANES, plan.phase_channels().min((group + 1) * LANES));
    let mut line = vec![0.0; columns * right];
    // The phases of one channel and row come from the same line. Neighbours in the line belong to neighbouring phases.
    for run in first / right..end.div_ceil(right) {
        let (channel, i) = (run / down, run % down);
        let plane = &image[channel * geometry.size[0] * geometry.size[1]..];
        let lanes = (run * right).max(first) - first..(run * right + right).min(end) - first;
        let phase = (run * right).max(first) - run * right;
        for (y, row) in into.chunks_exact_mut(columns).enumerate() {
            let inside = (y * down + i).checked_sub(geometry.pads[0]).filter(|&from| from < geometry.size[0]);
            let Some(from) = inside else {
                for pixel in row {
                    pixel[lanes.clone()].fill(0.0);
                }
                continue;
            };
            let count = geometry.size[1].min(line.len() - geometry.pads[1].min(line.len()));
            let start = line.len().min(geometry.pads[1]);
            line[start..start + count].copy_from_slice(&plane[from * geometry.size[1]..][..count]);
            match (right, lanes.start) {
                (4, 0) => copy_neighbours::<4, 0>(&line, row),
                (4, 4) => copy_neighbours::<4, 4>(&line, row),
                (4, 8) => copy_neighbours::<4, 8>(&line, row),
                (4, 12) => copy_neighbours::<4, 12>(&line, row),
                _ => {
                    for (pixel, from) in row.iter_mut().zip(line.chunks_exact(right)) {
                        pixel[lanes.clone()].copy_from_slice(&from[phase..][..lanes.len()]);
                    }
                }
            }
        }
    }
}

/// Copies neighbours in a line, `N` at a time, to the lanes of a pixel from `AT` on.
fn copy_neighbours<const N: usize, const AT: usize>(line: &[f32], row: &mut [Lanes]) {
    for (pixel, from) in row.iter_mut().zip(line.as_chunks::<N>().0) {
        if let Some(into) = pixel[AT..].first_chunk_mut() {
            *into = *from;
        }
    }
}
