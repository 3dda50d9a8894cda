//! Tiles of pictures and of gradients, transformed.

#![allow(clippy::inline_always, reason = "only what is part of the dispatched function is made for its processor")]

use crate::pixels::{gather, phases, spread};
use crate::plan::{PRODUCTS, Plan};
use crate::spectra::{LANES, Lanes, Scratch};
use crate::toom_cook::{TILE, back, inputs, outputs};
use pulp::{Simd, WithSimd};

/// Transforms the tiles of one group of channels in some pictures: `into` is `[products, pitch]`, a picture's tiles after the
/// other's.
pub(crate) struct Read<'m> {
    pub(crate) plan: &'m Plan,
    pub(crate) pictures: &'m [f32],
    pub(crate) group: usize,
    /// Of the pixels of a picture among what the tiles read, where there is one phase.
    pub(crate) places: &'m [usize],
    pub(crate) pitch: usize,
    pub(crate) into: &'m mut [Lanes],
}

impl WithSimd for Read<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { plan, pictures, group, places, pitch, into } = self;
        let [rows, columns] = plan.reads();
        let mut scratch = Scratch::new(rows * columns);
        let pixels = scratch.lanes_mut();
        let plain = plan.phases == [1, 1];
        if plain {
            pixels.fill([0.0; LANES]);
        }
        for (picture, from) in pictures.chunks_exact(plan.geometry.read()).enumerate() {
            if plain {
                spread(simd, part(from, group, places.len()), places, pixels);
            } else {
                phases(plan, from, group, pixels);
            }
            for (tile, origin) in origins(plan, columns).enumerate() {
                input_tile(simd, &pixels[origin..], columns, into, pitch, picture * plan.tiles() + tile);
            }
        }
    }
}

/// Transforms the gradients by the tiles of one group of filters in some pictures, as [`Read`] does the tiles.
pub(crate) struct Back<'m> {
    pub(crate) plan: &'m Plan,
    pub(crate) gradients: &'m [f32],
    pub(crate) group: usize,
    /// Of the pixels of an output among what the tiles write.
    pub(crate) places: &'m [usize],
    pub(crate) pitch: usize,
    pub(crate) into: &'m mut [Lanes],
}

impl WithSimd for Back<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { plan, gradients, group, places, pitch, into } = self;
        let [rows, columns] = plan.writes();
        let mut scratch = Scratch::new(rows * columns);
        let pixels = scratch.lanes_mut();
        pixels.fill([0.0; LANES]);
        for (picture, from) in gradients.chunks_exact(plan.geometry.written()).enumerate() {
            spread(simd, part(from, group, places.len()), places, pixels);
            for (tile, origin) in origins(plan, columns).enumerate() {
                let (from, at) = (&pixels[origin..], picture * plan.tiles() + tile);
                match plan.outputs {
                    6 => back_tile::<S, 6>(simd, from, columns, into, pitch, at),
                    5 => back_tile::<S, 5>(simd, from, columns, into, pitch, at),
                    4 => back_tile::<S, 4>(simd, from, columns, into, pitch, at),
                    _ => back_tile::<S, 3>(simd, from, columns, into, pitch, at),
                }
            }
        }
    }
}

/// Writes one group of filters of one picture from its tiles' products: `from` is `[products, pitch]`, the picture's tiles
/// begin at `first`, and `into` is `[filters of the group, output height, output width]`.
pub(crate) struct Write<'m> {
    pub(crate) plan: &'m Plan,
    pub(crate) from: &'m [Lanes],
    pub(crate) pitch: usize,
    pub(crate) first: usize,
    pub(crate) bias: Lanes,
    pub(crate) relu: bool,
    /// Of the pixels of an output among what the tiles write.
    pub(crate) places: &'m [usize],
    pub(crate) into: &'m mut [f32],
}

impl WithSimd for Write<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { plan, from, pitch, first, ref bias, relu, places, into } = self;
        let [rows, columns] = plan.writes();
        let mut scratch = Scratch::new(rows * columns);
        let pixels = scratch.lanes_mut();
        for (tile, origin) in origins(plan, columns).enumerate() {
            let (into, at) = (&mut pixels[origin..], first + tile);
            match plan.outputs {
                6 => output_tile::<S, 6>(simd, from, pitch, at, bias, relu, into, columns),
                5 => output_tile::<S, 5>(simd, from, pitch, at, bias, relu, into, columns),
                4 => output_tile::<S, 4>(simd, from, pitch, at, bias, relu, into, columns),
                _ => output_tile::<S, 3>(simd, from, pitch, at, bias, relu, into, columns),
            }
        }
        gather(simd, pixels, places, into);
    }
}

/// The planes of one group: fewer than [`LANES`] in the last.
fn part(picture: &[f32], group: usize, plane: usize) -> &[f32] {
    let planes = &picture[group * LANES * plane..];
    &planes[..planes.len().min(LANES * plane)]
}

/// Where each tile begins, in rows of `columns`.
fn origins(plan: &Plan, columns: usize) -> impl Iterator<Item = usize> {
    let (outputs, [down, right]) = (plan.outputs, plan.tiles);
    (0..down).flat_map(move |y| (0..right).map(move |x| (y * columns + x) * outputs))
}

#[inline(always)]
fn input_tile<S: Simd>(simd: S, from: &[Lanes], columns: usize, into: &mut [Lanes], pitch: usize, at: usize) {
    for part in 0..LANES / S::F32_LANES {
        let mut half = [[simd.splat_f32s(0.0); TILE]; TILE];
        for (row, half) in half.iter_mut().enumerate() {
            let mut line = [simd.splat_f32s(0.0); TILE];
            for (into, from) in line.iter_mut().zip(&from[row * columns..][..TILE]) {
                *into = S::as_simd_f32s(from).0[part];
            }
            *half = inputs(simd, line);
        }
        store(simd, half, into, pitch, at, part);
    }
}

#[inline(always)]
fn back_tile<S: Simd, const M: usize>(
    simd: S,
    from: &[Lanes],
    columns: usize,
    into: &mut [Lanes],
    pitch: usize,
    at: usize,
) {
    for part in 0..LANES / S::F32_LANES {
        let mut half = [[simd.splat_f32s(0.0); TILE]; M];
        for (row, half) in half.iter_mut().enumerate() {
            let mut line = [simd.splat_f32s(0.0); M];
            for (into, from) in line.iter_mut().zip(&from[row * columns..][..M]) {
                *into = S::as_simd_f32s(from).0[part];
            }
            *half = back(simd, line);
        }
        for column in 0..TILE {
            let mut line = [simd.splat_f32s(0.0); M];
            for (into, half) in line.iter_mut().zip(&half) {
                *into = half[column];
            }
            for (row, value) in back(simd, line).into_iter().enumerate() {
                S::as_mut_simd_f32s(&mut into[(row * TILE + column) * pitch + at]).0[part] = value;
            }
        }
    }
}

/// The second half of [`input_tile`]: down the columns, each product to its place.
#[inline(always)]
fn store<S: Simd>(simd: S, half: [[S::f32s; TILE]; TILE], into: &mut [Lanes], pitch: usize, at: usize, part: usize) {
    for column in 0..TILE {
        let mut line = [simd.splat_f32s(0.0); TILE];
        for (into, half) in line.iter_mut().zip(&half) {
            *into = half[column];
        }
        for (row, value) in inputs(simd, line).into_iter().enumerate() {
            S::as_mut_simd_f32s(&mut into[(row * TILE + column) * pitch + at]).0[part] = value;
        }
    }
}

#[inline(always)]
#[allow(clippy::too_many_arguments, reason = "the fields of Write, one tile's share of them")]
fn output_tile<S: Simd, const M: usize>(
    simd: S,
    from: &[Lanes],
    pitch: usize,
    at: usize,
    bias: &Lanes,
    relu: bool,
    into: &mut [Lanes],
    columns: usize,
) {
    let from = &from[at..][..=(PRODUCTS - 1) * pitch];
    for part in 0..LANES / S::F32_LANES {
        let bias = S::as_simd_f32s(bias).0[part];
        let mut half = [[simd.splat_f32s(0.0); M]; TILE];
        for (row, half) in half.iter_mut().enumerate() {
            let mut line = [simd.splat_f32s(0.0); TILE];
            for (column, into) in line.iter_mut().enumerate() {
                *into = S::as_simd_f32s(&from[(row * TILE + column) * pitch]).0[part];
            }
            *half = outputs(simd, line);
        }
        for column in 0..M {
            let mut line = [simd.splat_f32s(0.0); TILE];
            for (into, half) in line.iter_mut().zip(&half) {
                *into = half[column];
            }
            let values: [S::f32s; M] = outputs(simd, line);
            for (row, value) in values.into_iter().enumerate() {
                let value = simd.add_f32s(value, bias);
                let value = if relu { simd.max_f32s(simd.splat_f32s(0.0), value) } else { value };
                S::as_mut_simd_f32s(&mut into[row * columns + column]).0[part] = value;
            }
        }
    }
}
