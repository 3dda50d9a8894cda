//! Pictures turned so that the channels of a pixel lie side by side, and back.

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
    let count = places.len();
    let mut rows = [[0.0; LANES]; LANES];
    for (at, places) in places.chunks(LANES).enumerate() {
        for (row, plane) in rows.iter_mut().zip(planes.chunks_exact(count)) {
            let plane = &plane[at * LANES..];
            match plane.first_chunk() {
                Some(whole) => *row = *whole,
                None => row[..plane.len()].copy_from_slice(plane),
            }
        }
        for (&place, pixel) in places.iter().zip(&transpose(simd, &rows)) {
            into[place] = *pixel;
        }
    }
}

/// The reverse of [`spread`]: pixel `i` of up to [`LANES`] planes is read from `from[places[i]]`.
#[inline(always)]
pub(crate) fn gather<S: Simd>(simd: S, from: &[Lanes], places: &[usize], planes: &mut [f32]) {
    let count = places.len();
    let mut pixels = [[0.0; LANES]; LANES];
    for (at, places) in places.chunks(LANES).enumerate() {
        for (pixel, &place) in pixels.iter_mut().zip(places) {
            *pixel = from[place];
        }
        let rows = transpose(simd, &pixels);
        for (row, plane) in rows.iter().zip(planes.chunks_exact_mut(count)) {
            let plane = &mut plane[at * LANES..];
            match plane.first_chunk_mut() {
                Some(whole) => *whole = *row,
                None => plane.copy_from_slice(&row[..plane.len()]),
            }
        }
    }
}

/// The planes of a group of phases, `[LANES, rows, columns]` as the tiles read them, padding and all.
pub(crate) fn phases(plan: &Plan, picture: &[f32], group: usize, into: &mut [f32]) {
    let geometry = &plan.geometry;
    let ([rows, columns], [down, right]) = (plan.reads(), plan.phases);
    into.fill(0.0);
    for (channel, plane) in (group * LANES..plan.channels()).zip(into.chunks_exact_mut(rows * columns)) {
        let (i, j) = (channel / right % down, channel % right);
        let from = &picture[channel / (down * right) * geometry.size[0] * geometry.size[1]..];
        // The first column that is not padding, and the pixel that it reads.
        let first = geometry.pads[1].saturating_sub(j).div_ceil(right);
        let pixel = first * right + j - geometry.pads[1];
        for (y, row) in plane.chunks_exact_mut(columns).enumerate() {
            let Some(line) = (y * down + i).checked_sub(geometry.pads[0]).filter(|&line| line < geometry.size[0])
            else {
                continue;
            };
            let line = &from[line * geometry.size[1]..][..geometry.size[1]];
            for (into, from) in row.iter_mut().skip(first).zip(line.iter().skip(pixel).step_by(right)) {
                *into = *from;
            }
        }
    }
}
