//! Pictures turned so that the channels of a pixel lie side by side, and back.

#![allow(clippy::similar_names, reason = "places in planes")]
#![allow(clippy::needless_range_loop, reason = "with iterators registers end up in memory")]
#![allow(clippy::inline_always, reason = "only what is part of the dispatched function is made for its processor")]

use crate::plan::Plan;
use crate::spectra::{LANES, Lanes};
use crate::transpose::transpose;
use pulp::Simd;

/// Where each pixel of a picture of `size` lies among rows of `width`, the first at `[top, left]`.
pub(crate) fn places(size: [usize; 2], width: usize, [top, left]: [usize; 2]) -> Vec<usize> {
    (0..size[0]).flat_map(|y| (0..size[1]).map(move |x| (y + top) * width + x + left)).collect()
}

/// Puts up to [`LANES`] planes side by side: pixel `i` goes to `into[places[i]]`. Missing planes are zero.
#[inline(always)]
pub(crate) fn spread<S: Simd>(simd: S, planes: &[f32], places: &[usize], into: &mut [Lanes]) {
    let (mut tails, mut pixels) = ([[0.0; LANES]; LANES], [[0.0; LANES]; LANES]);
    for (at, some) in places.chunks(LANES).enumerate() {
        // What is read behind a plane's last pixel goes nowhere.
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

/// The reverse of [`spread`]: pixel `i` of up to [`LANES`] planes is read from `from[places[i]]`.
#[inline(always)]
pub(crate) fn gather<S: Simd>(simd: S, from: &[Lanes], places: &[usize], planes: &mut [f32]) {
    let mut rows = [[0.0; LANES]; LANES];
    for (at, some) in places.chunks(LANES).enumerate() {
        // The last few pixels are followed by one of them, which goes nowhere.
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

/// The pixels of a group of phases, as the tiles read them, padding and all: `into` is `[rows, columns]`.
pub(crate) fn phases(plan: &Plan, picture: &[f32], group: usize, into: &mut [Lanes]) {
    let geometry = &plan.geometry;
    let ([_, columns], [down, right]) = (plan.reads(), plan.phases);
    let (first, end) = (group * LANES, plan.channels().min((group + 1) * LANES));
    let mut line = vec![0.0; columns * right];
    // The phases of one channel and row come from the same line: neighbours in it are neighbouring phases.
    for run in first / right..end.div_ceil(right) {
        let (channel, i) = (run / down, run % down);
        let plane = &picture[channel * geometry.size[0] * geometry.size[1]..];
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
                (4, 0) => place::<4, 0>(&line, row),
                (4, 4) => place::<4, 4>(&line, row),
                (4, 8) => place::<4, 8>(&line, row),
                (4, 12) => place::<4, 12>(&line, row),
                _ => {
                    for (pixel, from) in row.iter_mut().zip(line.chunks_exact(right)) {
                        pixel[lanes.clone()].copy_from_slice(&from[phase..][..lanes.len()]);
                    }
                }
            }
        }
    }
}

/// Neighbours in a line, `N` at a time, to the lanes of a pixel from `AT`.
fn place<const N: usize, const AT: usize>(line: &[f32], row: &mut [Lanes]) {
    for (pixel, from) in row.iter_mut().zip(line.as_chunks::<N>().0) {
        if let Some(into) = pixel[AT..].first_chunk_mut() {
            *into = *from;
        }
    }
}
