//! Transforms of the tiles of images and gradients, and of products back to outputs.

#![allow(clippy::needless_range_loop, reason = "iterators over arrays of registers go through memory")]
#![allow(clippy::inline_always, reason = "a function is compiled for an instruction set only as part of its caller")]

use pulp::{Simd, WithSimd};

use super::epilogue::Epilogue;
use super::plan::ConvolutionPlan;
use super::planes::{pack_phases, pack_planes, unpack_planes};
use crate::memory::PooledBuffer;
use crate::simd::{LANES, Lanes};
use crate::toom_cook::edge::{EdgeGradient, EdgeInput, EdgeOutput, EdgeTile};
use crate::toom_cook::tile::{transform_input, transform_output, transform_output_transposed};
use crate::toom_cook::{LONGEST, SHORTEST};

/// Transforms the tiles of one group of channels of some images: `into` is `[points, leading dimension]`.
pub(crate) struct TransformInput<'m> {
    pub(crate) plan: &'m ConvolutionPlan,
    pub(crate) images: &'m [f32],
    pub(crate) group: usize,
    /// The index of each pixel of an image among the pixels that the tiles read. It is used if there is one phase.
    pub(crate) places: &'m [usize],
    pub(crate) leading_dimension: usize,
    pub(crate) into: &'m mut [Lanes],
}

impl WithSimd for TransformInput<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { plan, images, group, places, leading_dimension, into } = self;
        let [rows, columns] = plan.input_extent();
        let mut buffer = PooledBuffer::new(rows * columns);
        let pixels = buffer.lanes_mut();
        let plain = plan.phases == [1, 1];
        if plain {
            pixels.fill([0.0; LANES]);
        }
        let count = images.len() / plan.geometry.input_len();
        // One array for all tiles: filling it with zeros takes time.
        let mut half = [[simd.splat_f32s(0.0); LONGEST]; LONGEST];
        for (image, from) in images.chunks_exact(plan.geometry.input_len()).enumerate() {
            if plain {
                pack_planes(simd, group_of_planes(from, group, places.len()), places, pixels);
            } else {
                pack_phases(plan, from, group, pixels);
            }
            for (tile, origin) in origins(plan, columns) {
                let (from, at) = (&pixels[origin..], plan.tile_index(count, image, tile));
                match plan.edge_transforms(tile) {
                    Some(transforms) => EdgeInput { transforms, from, columns, into, leading_dimension, at }.run(simd),
                    None if plan.points_per_axis() == SHORTEST => {
                        input_tile::<S, SHORTEST>(simd, &mut half, from, columns, into, leading_dimension, at);
                    }
                    None => input_tile::<S, LONGEST>(simd, &mut half, from, columns, into, leading_dimension, at),
                }
            }
        }
    }
}

/// Transforms the gradients by the outputs of one group of filters of some images, as [`TransformInput`] transforms images.
pub(crate) struct TransformGradient<'m> {
    pub(crate) plan: &'m ConvolutionPlan,
    pub(crate) gradients: &'m [f32],
    pub(crate) group: usize,
    /// The index of each pixel of an output among the pixels that the tiles write.
    pub(crate) places: &'m [usize],
    pub(crate) leading_dimension: usize,
    pub(crate) into: &'m mut [Lanes],
}

impl WithSimd for TransformGradient<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { plan, gradients, group, places, leading_dimension, into } = self;
        let [rows, columns] = plan.output_extent();
        let mut buffer = PooledBuffer::new(rows * columns);
        let pixels = buffer.lanes_mut();
        pixels.fill([0.0; LANES]);
        let count = gradients.len() / plan.geometry.output_len();
        for (image, from) in gradients.chunks_exact(plan.geometry.output_len()).enumerate() {
            pack_planes(simd, group_of_planes(from, group, places.len()), places, pixels);
            for (tile, origin) in origins(plan, columns) {
                let (from, at) = (&pixels[origin..], plan.tile_index(count, image, tile));
                if let Some(transforms) = plan.edge_transforms(tile) {
                    EdgeGradient(EdgeInput { transforms, from, columns, into, leading_dimension, at }).run(simd);
                    continue;
                }
                match plan.taps {
                    2 => gradient_tile::<S, 6, 7>(simd, from, columns, into, leading_dimension, at),
                    3 => gradient_tile::<S, 5, 7>(simd, from, columns, into, leading_dimension, at),
                    4 => gradient_tile::<S, 5, 8>(simd, from, columns, into, leading_dimension, at),
                    _ => gradient_tile::<S, 4, 8>(simd, from, columns, into, leading_dimension, at),
                }
            }
        }
    }
}

/// Computes the outputs of one group of filters for one image from the products of its tiles, and applies the epilogue. `from` is
/// `[points, leading dimension]`. `into` is `[filters of the group, output height, output width]`, or
/// `[filters of the group, windows down, windows right]` with a pooling.
pub(crate) struct WriteOutput<'m> {
    pub(crate) plan: &'m ConvolutionPlan,
    pub(crate) from: &'m [Lanes],
    pub(crate) leading_dimension: usize,
    /// Number of images that are processed at once.
    pub(crate) images: usize,
    /// Index of this image among them.
    pub(crate) image: usize,
    pub(crate) epilogue: &'m Epilogue<'m>,
    /// The bias of this group of filters.
    pub(crate) bias: Lanes,
    /// The index of each stored value among the pixels that the tiles write, or among the windows.
    pub(crate) places: &'m [usize],
    pub(crate) into: &'m mut [f32],
}

impl WithSimd for WriteOutput<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { plan, from, leading_dimension, images, image, epilogue, ref bias, places, into } = self;
        let [rows, columns] = plan.output_extent();
        let mut buffer = PooledBuffer::new(rows * columns);
        let pixels = buffer.lanes_mut();
        let mut half = [[simd.splat_f32s(0.0); LONGEST]; LONGEST];
        for (tile, origin) in origins(plan, columns) {
            let (into, at, relu) = (&mut pixels[origin..], plan.tile_index(images, image, tile), epilogue.relu);
            if let Some(transforms) = plan.edge_transforms(tile) {
                EdgeOutput { transforms, from, leading_dimension, at, bias, relu, into, columns }.run(simd);
                continue;
            }
            match plan.taps {
                2 => output_tile::<S, 6, 7>(simd, &mut half, from, leading_dimension, at, bias, relu, into, columns),
                3 => output_tile::<S, 5, 7>(simd, &mut half, from, leading_dimension, at, bias, relu, into, columns),
                4 => output_tile::<S, 5, 8>(simd, &mut half, from, leading_dimension, at, bias, relu, into, columns),
                _ => output_tile::<S, 4, 8>(simd, &mut half, from, leading_dimension, at, bias, relu, into, columns),
            }
        }
        let Some(pool) = epilogue.pool else { return unpack_planes(simd, pixels, places, into) };
        let mut buffer = PooledBuffer::new(pool.output_len());
        let larger = |mut one: Lanes, other: Lanes| {
            for (one, other) in S::as_mut_simd_f32s(&mut one).0.iter_mut().zip(S::as_simd_f32s(&other).0) {
                *one = simd.max_f32s(*one, *other);
            }
            one
        };
        pool.largest(pixels, columns, plan.geometry.output_size(), buffer.lanes_mut(), larger);
        unpack_planes(simd, buffer.lanes(), places, into);
    }
}

/// Returns the planes of one group. The last group may have fewer than [`LANES`].
fn group_of_planes(image: &[f32], group: usize, plane: usize) -> &[f32] {
    let planes = &image[group * LANES * plane..];
    &planes[..planes.len().min(LANES * plane)]
}

/// Returns the coordinates of all tiles, down and right, and the index of their first pixel in rows of `columns`.
fn origins(plan: &ConvolutionPlan, columns: usize) -> impl Iterator<Item = ([usize; 2], usize)> {
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
    leading_dimension: usize,
    at: usize,
) {
    for part in 0..LANES / S::F32_LANES {
        for row in 0..N {
            let from = &from[row * columns..][..N];
            let mut line = [simd.splat_f32s(0.0); N];
            for column in 0..N {
                line[column] = S::as_simd_f32s(&from[column]).0[part];
            }
            half[row][..N].copy_from_slice(&transform_input::<S, N>(simd, line));
        }
        for column in 0..N {
            let mut line = [simd.splat_f32s(0.0); N];
            for row in 0..N {
                line[row] = half[row][column];
            }
            let values = transform_input::<S, N>(simd, line);
            for row in 0..N {
                S::as_mut_simd_f32s(&mut into[(row * N + column) * leading_dimension + at]).0[part] = values[row];
            }
        }
    }
}

#[inline(always)]
fn gradient_tile<S: Simd, const M: usize, const N: usize>(
    simd: S,
    from: &[Lanes],
    columns: usize,
    into: &mut [Lanes],
    leading_dimension: usize,
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
            half[row] = transform_output_transposed::<S, M, N>(simd, line);
        }
        for column in 0..N {
            let mut line = [simd.splat_f32s(0.0); M];
            for row in 0..M {
                line[row] = half[row][column];
            }
            let values = transform_output_transposed::<S, M, N>(simd, line);
            for row in 0..N {
                S::as_mut_simd_f32s(&mut into[(row * N + column) * leading_dimension + at]).0[part] = values[row];
            }
        }
    }
}

#[inline(always)]
#[allow(clippy::too_many_arguments, reason = "the fields of WriteOutput for one tile")]
fn output_tile<S: Simd, const M: usize, const N: usize>(
    simd: S,
    half: &mut [[S::f32s; LONGEST]; LONGEST],
    from: &[Lanes],
    leading_dimension: usize,
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
                line[row] = S::as_simd_f32s(&from[(row * N + column) * leading_dimension + at]).0[part];
            }
            let values = transform_output::<S, M, N>(simd, line);
            for row in 0..M {
                half[row][column] = values[row];
            }
        }
        for row in 0..M {
            let mut line = [simd.splat_f32s(0.0); N];
            line.copy_from_slice(&half[row][..N]);
            let values = transform_output::<S, M, N>(simd, line);
            let into = &mut into[row * columns..][..M];
            for column in 0..M {
                let value = simd.add_f32s(values[column], bias);
                let value = if relu { simd.max_f32s(simd.splat_f32s(0.0), value) } else { value };
                S::as_mut_simd_f32s(&mut into[column]).0[part] = value;
            }
        }
    }
}
