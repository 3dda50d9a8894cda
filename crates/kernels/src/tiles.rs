//! Tiles of pictures and of gradients, transformed.

#![allow(clippy::needless_range_loop, reason = "with iterators registers end up in memory")]
#![allow(clippy::inline_always, reason = "only what is part of the dispatched function is made for its processor")]

use crate::edge::{self, Tile};
use crate::finish::Finish;
use crate::pixels::{gather, phases, spread};
use crate::plan::Plan;
use crate::spectra::{LANES, Lanes, Scratch};
use crate::toom_cook::{LONGEST, SHORTEST, back, inputs, outputs};
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
        let count = pictures.len() / plan.geometry.read();
        // Once for all tiles: filling it with zeros takes time.
        let mut half = [[simd.splat_f32s(0.0); LONGEST]; LONGEST];
        for (picture, from) in pictures.chunks_exact(plan.geometry.read()).enumerate() {
            if plain {
                spread(simd, part(from, group, places.len()), places, pixels);
            } else {
                phases(plan, from, group, pixels);
            }
            for (tile, origin) in origins(plan, columns) {
                let (from, at) = (&pixels[origin..], plan.place(count, picture, tile));
                match plan.sides(tile) {
                    Some(sides) => edge::Input { sides, from, columns, into, pitch, at }.run(simd),
                    None if plan.tile() == SHORTEST => {
                        input_tile::<S, SHORTEST>(simd, &mut half, from, columns, into, pitch, at);
                    }
                    None => input_tile::<S, LONGEST>(simd, &mut half, from, columns, into, pitch, at),
                }
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
        let count = gradients.len() / plan.geometry.written();
        for (picture, from) in gradients.chunks_exact(plan.geometry.written()).enumerate() {
            spread(simd, part(from, group, places.len()), places, pixels);
            for (tile, origin) in origins(plan, columns) {
                let (from, at) = (&pixels[origin..], plan.place(count, picture, tile));
                if let Some(sides) = plan.sides(tile) {
                    edge::Back(edge::Input { sides, from, columns, into, pitch, at }).run(simd);
                    continue;
                }
                match plan.taps {
                    2 => back_tile::<S, 6, 7>(simd, from, columns, into, pitch, at),
                    3 => back_tile::<S, 5, 7>(simd, from, columns, into, pitch, at),
                    4 => back_tile::<S, 5, 8>(simd, from, columns, into, pitch, at),
                    _ => back_tile::<S, 4, 8>(simd, from, columns, into, pitch, at),
                }
            }
        }
    }
}

/// Writes one group of filters of one picture from its tiles' products: `from` is `[products, pitch]`, and `into` is `[filters of the group, output height, output width]`, or `[…, windows down, windows right]`.
pub(crate) struct Write<'m> {
    pub(crate) plan: &'m Plan,
    pub(crate) from: &'m [Lanes],
    pub(crate) pitch: usize,
    /// How many pictures there are, and which one this is.
    pub(crate) pictures: usize,
    pub(crate) picture: usize,
    pub(crate) finish: &'m Finish<'m>,
    /// Of this group.
    pub(crate) bias: Lanes,
    /// Of what is written among what the tiles write, or among the windows.
    pub(crate) places: &'m [usize],
    pub(crate) into: &'m mut [f32],
}

impl WithSimd for Write<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { plan, from, pitch, pictures, picture, finish, ref bias, places, into } = self;
        let [rows, columns] = plan.writes();
        let mut scratch = Scratch::new(rows * columns);
        let pixels = scratch.lanes_mut();
        let mut half = [[simd.splat_f32s(0.0); LONGEST]; LONGEST];
        for (tile, origin) in origins(plan, columns) {
            let (into, at, relu) = (&mut pixels[origin..], plan.place(pictures, picture, tile), finish.relu);
            if let Some(sides) = plan.sides(tile) {
                edge::Output { sides, from, pitch, at, bias, relu, into, columns }.run(simd);
                continue;
            }
            match plan.taps {
                2 => output_tile::<S, 6, 7>(simd, &mut half, from, pitch, at, bias, relu, into, columns),
                3 => output_tile::<S, 5, 7>(simd, &mut half, from, pitch, at, bias, relu, into, columns),
                4 => output_tile::<S, 5, 8>(simd, &mut half, from, pitch, at, bias, relu, into, columns),
                _ => output_tile::<S, 4, 8>(simd, &mut half, from, pitch, at, bias, relu, into, columns),
            }
        }
        let Some(pool) = finish.pool else { return gather(simd, pixels, places, into) };
        let mut scratch = Scratch::new(pool.written());
        let larger = |mut one: Lanes, other: Lanes| {
            for (one, other) in S::as_mut_simd_f32s(&mut one).0.iter_mut().zip(S::as_simd_f32s(&other).0) {
                *one = simd.max_f32s(*one, *other);
            }
            one
        };
        pool.largest(pixels, columns, plan.geometry.output(), scratch.lanes_mut(), larger);
        gather(simd, scratch.lanes(), places, into);
    }
}

/// The planes of one group: fewer than [`LANES`] in the last.
fn part(picture: &[f32], group: usize, plane: usize) -> &[f32] {
    let planes = &picture[group * LANES * plane..];
    &planes[..planes.len().min(LANES * plane)]
}

/// The tiles, down and right, and where each one begins in rows of `columns`.
fn origins(plan: &Plan, columns: usize) -> impl Iterator<Item = ([usize; 2], usize)> {
    let (outputs, [down, right]) = (plan.outputs, plan.tiles);
    (0..down).flat_map(move |y| (0..right).map(move |x| ([y, x], (y * columns + x) * outputs)))
}

#[inline(always)]
fn input_tile<S: Simd, const N: usize>(
    simd: S,
    half: &mut [[S::f32s; LONGEST]; LONGEST],
    from: &[Lanes],
    columns: usize,
    into: &mut [Lanes],
    pitch: usize,
    at: usize,
) {
    for part in 0..LANES / S::F32_LANES {
        for row in 0..N {
            let from = &from[row * columns..][..N];
            let mut line = [simd.splat_f32s(0.0); N];
            for column in 0..N {
                line[column] = S::as_simd_f32s(&from[column]).0[part];
            }
            half[row][..N].copy_from_slice(&inputs::<S, N>(simd, line));
        }
        for column in 0..N {
            let mut line = [simd.splat_f32s(0.0); N];
            for row in 0..N {
                line[row] = half[row][column];
            }
            let values = inputs::<S, N>(simd, line);
            for row in 0..N {
                S::as_mut_simd_f32s(&mut into[(row * N + column) * pitch + at]).0[part] = values[row];
            }
        }
    }
}

#[inline(always)]
fn back_tile<S: Simd, const M: usize, const N: usize>(
    simd: S,
    from: &[Lanes],
    columns: usize,
    into: &mut [Lanes],
    pitch: usize,
    at: usize,
) {
    for part in 0..LANES / S::F32_LANES {
        let mut half = [[simd.splat_f32s(0.0); N]; M];
        for row in 0..M {
            let from = &from[row * columns..][..M];
            let mut line = [simd.splat_f32s(0.0); M];
            for column in 0..M {
                line[column] = S::as_simd_f32s(&from[column]).0[part];
            }
            half[row] = back::<S, M, N>(simd, line);
        }
        for column in 0..N {
            let mut line = [simd.splat_f32s(0.0); M];
            for row in 0..M {
                line[row] = half[row][column];
            }
            let values = back::<S, M, N>(simd, line);
            for row in 0..N {
                S::as_mut_simd_f32s(&mut into[(row * N + column) * pitch + at]).0[part] = values[row];
            }
        }
    }
}

#[inline(always)]
#[allow(clippy::too_many_arguments, reason = "the fields of Write, one tile's share of them")]
fn output_tile<S: Simd, const M: usize, const N: usize>(
    simd: S,
    half: &mut [[S::f32s; LONGEST]; LONGEST],
    from: &[Lanes],
    pitch: usize,
    at: usize,
    bias: &Lanes,
    relu: bool,
    into: &mut [Lanes],
    columns: usize,
) {
    for part in 0..LANES / S::F32_LANES {
        let bias = S::as_simd_f32s(bias).0[part];
        for column in 0..N {
            let mut line = [simd.splat_f32s(0.0); N];
            for row in 0..N {
                line[row] = S::as_simd_f32s(&from[(row * N + column) * pitch + at]).0[part];
            }
            let values = outputs::<S, M, N>(simd, line);
            for row in 0..M {
                half[row][column] = values[row];
            }
        }
        for row in 0..M {
            let mut line = [simd.splat_f32s(0.0); N];
            line.copy_from_slice(&half[row][..N]);
            let values = outputs::<S, M, N>(simd, line);
            let into = &mut into[row * columns..][..M];
            for column in 0..M {
                let value = simd.add_f32s(values[column], bias);
                let value = if relu { simd.max_f32s(simd.splat_f32s(0.0), value) } else { value };
                S::as_mut_simd_f32s(&mut into[column]).0[part] = value;
            }
        }
    }
}
