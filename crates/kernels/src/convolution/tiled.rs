//! Tiled convolutions: tiles are transformed, multiplied point by point, and transformed back.
//!
//! Between the transforms, values lie as `[groups of 16 channels][points][tiles][16]`. Every piece of work owns a contiguous part.

use super::epilogue::Epilogue;
use super::filters::{TransformFilterGradients, TransformFilters};
use super::plan::ConvolutionPlan;
use super::planes::places;
use super::tiles::{TransformGradient, TransformInput, WriteOutput};
use crate::gemm::{Multiply, MultiplyTransposed, PANEL_GROUPS, Panel, panels, panels_mut};
use crate::memory::PooledBuffer;
use crate::simd::{LANES, Lanes, dispatch};
use crate::threads::{OneThread, Shares, Threads};

/// Returns the transformed and packed filters, `[panels, groups, points]`.
pub(super) fn pack_filters(plan: &ConvolutionPlan, weight: &[f32], threads: &dyn Threads) -> PooledBuffer {
    let mut filters = PooledBuffer::new(plan.panels() * plan.groups() * plan.points() * PANEL_GROUPS * LANES);
    let shares = Shares::new(panels_mut(filters.lanes_mut()).chunks_mut(plan.points()));
    threads.each(shares.len(), &|at| {
        let (panel, group) = (at / plan.groups(), at % plan.groups());
        shares.with(at, |into| dispatch(TransformFilters { plan, weight, panel, group, into }));
    });
    drop(shares);
    filters
}

/// Convolves `x`, `[n, channels, height, width]`, with packed filters, and writes `y`, `[n, filters, output height, output width]`, or
/// the windows of the epilogue.
pub(super) fn forward(
    plan: &ConvolutionPlan,
    filters: &PooledBuffer,
    x: &[f32],
    epilogue: &Epilogue,
    y: &mut [f32],
    threads: &dyn Threads,
) {
    let geometry = &plan.geometry;
    let places = match epilogue.pool {
        Some(pool) => (0..pool.output_len()).collect(),
        None => places(geometry.output_size(), plan.output_extent()[1], [0, 0]),
    };
    let images = plan.images_at_once(x.len() / geometry.input_len());
    let leading_dimension = plan.leading_dimension(images);
    let layer = Forward { plan, filters: panels(filters.lanes()), epilogue, places: &places, leading_dimension };
    let written = images * geometry.filters * places.len();
    let parts = Shares::new(x.chunks(images * geometry.input_len()).zip(y.chunks_mut(written)));
    let part = |at: usize, threads: &dyn Threads| parts.with(at, |(x, y)| layer.run(x, y, threads));
    if parts.len() < PARTS_FOR_ALL {
        (0..parts.len()).for_each(|at| part(at, threads));
    } else {
        // A thread then finds the tiles that it has transformed in its own cache.
        threads.each(parts.len(), &|at| part(at, &OneThread));
    }
}

/// The least number of parts of a batch for which each thread works on parts of its own.
const PARTS_FOR_ALL: usize = 8;

/// A layer that is applied to some images of a batch at a time.
struct Forward<'m> {
    plan: &'m ConvolutionPlan,
    filters: &'m [Panel],
    epilogue: &'m Epilogue<'m>,
    /// The index of each stored value among the pixels that the tiles write, or among the windows.
    places: &'m [usize],
    leading_dimension: usize,
}

impl Forward<'_> {
    /// Convolves the images that are processed at once.
    fn run(&self, x: &[f32], y: &mut [f32], threads: &dyn Threads) {
        let Self { plan, filters, epilogue, places, leading_dimension } = *self;
        let (geometry, filter_groups) = (&plan.geometry, plan.filter_groups());
        let (groups, points, images) = (plan.groups(), plan.points(), x.len() / geometry.input_len());
        let mut tiles = PooledBuffer::new(groups * points * leading_dimension);
        transform_images(plan, x, leading_dimension, tiles.lanes_mut(), threads);
        let tiles = tiles.lanes();
        let written = geometry.filters * places.len();
        let shares = Shares::new(y.chunks_mut(written).flat_map(|y| y.chunks_mut(LANES * places.len())));
        threads.each(plan.panels(), &|panel| {
            let first = panel * PANEL_GROUPS;
            let wide = PANEL_GROUPS.min(filter_groups - first);
            // The products of one panel only, so that they are still in the second-level cache when they are transformed back.
            let mut products = PooledBuffer::new(wide * points * leading_dimension);
            for point in 0..points {
                let range = plan.tiles_with(point, images);
                let of_groups = products.lanes_mut().chunks_mut(points * leading_dimension);
                let mut into: Vec<_> =
                    of_groups.map(|sums| &mut sums[point * leading_dimension..][range.clone()]).collect();
                let a = |group: usize| &tiles[(group * points + point) * leading_dimension..][range.clone()];
                let b = |group: usize| &filters[(panel * groups + group) * points + point];
                dispatch(Multiply { into: &mut into, a: &a, b: &b, groups });
            }
            for (group, from) in products.lanes().chunks(points * leading_dimension).enumerate() {
                let group = first + group;
                let mut bias = [0.0; LANES];
                for (into, from) in bias.iter_mut().zip(epilogue.bias.unwrap_or_default().iter().skip(group * LANES)) {
                    *into = *from;
                }
                for image in 0..images {
                    shares.with(image * filter_groups + group, |into| {
                        dispatch(WriteOutput {
                            plan,
                            from,
                            leading_dimension,
                            images,
                            image,
                            epilogue,
                            bias,
                            places,
                            into,
                        });
                    });
                }
            }
        });
    }
}

/// Computes the gradient by the filters, `dw`, `[filters, channels, kernel height, kernel width]`, from `x` and the gradient by the
/// output, `dy`.
pub(super) fn filter_gradient(plan: &ConvolutionPlan, x: &[f32], dy: &[f32], dw: &mut [f32], threads: &dyn Threads) {
    let geometry = &plan.geometry;
    let images = plan.images_at_once(x.len() / geometry.input_len());
    let (leading_dimension, points) = (plan.leading_dimension(images), plan.points());
    let (groups, filter_groups, panel_count) = (plan.groups(), plan.filter_groups(), plan.panels());
    let writes = places(geometry.output_size(), plan.output_extent()[1], [0, 0]);
    let mut tiles = PooledBuffer::new(groups * points * leading_dimension);
    let mut gradients = PooledBuffer::new(filter_groups * points * leading_dimension);
    let mut sums = PooledBuffer::new(points * panel_count * groups * PANEL_GROUPS * LANES);
    if x.is_empty() {
        dw.fill(0.0);
        return;
    }
    let parts = x.chunks(images * geometry.input_len()).zip(dy.chunks(images * geometry.output_len()));
    for (part, (x, dy)) in parts.enumerate() {
        transform_images(plan, x, leading_dimension, tiles.lanes_mut(), threads);
        let shares = Shares::new(gradients.lanes_mut().chunks_mut(points * leading_dimension));
        threads.each(shares.len(), &|group| {
            shares.with(group, |into| {
                dispatch(TransformGradient { plan, gradients: dy, group, places: &writes, leading_dimension, into });
            });
        });
        drop(shares);
        let (tiles, gradients, images) = (tiles.lanes(), gradients.lanes(), x.len() / geometry.input_len());
        let shares = Shares::new(panels_mut(sums.lanes_mut()).iter_mut());
        threads.each(points * panel_count, &|at| {
            let (point, panel) = (at / panel_count, at % panel_count);
            let wide = PANEL_GROUPS.min(filter_groups - panel * PANEL_GROUPS);
            let range = plan.tiles_with(point, images);
            let b: Vec<&[Lanes]> = (panel * PANEL_GROUPS..panel * PANEL_GROUPS + wide)
                .map(|group| &gradients[(group * points + point) * leading_dimension..][range.clone()])
                .collect();
            for group in 0..groups {
                shares.with((panel * groups + group) * points + point, |into| {
                    if part == 0 {
                        **into = [[[0.0; LANES]; PANEL_GROUPS]; LANES];
                    }
                    let a = &tiles[(group * points + point) * leading_dimension..][range.clone()];
                    dispatch(MultiplyTransposed { into, a, b: &b });
                });
            }
        });
    }
    let from = panels(sums.lanes());
    let shares = Shares::new(dw.chunks_mut(PANEL_GROUPS * LANES * geometry.filter_len()));
    threads.each(shares.len(), &|panel| {
        let from = &from[panel * groups * points..][..groups * points];
        shares.with(panel, |into| dispatch(TransformFilterGradients { plan, from, into }));
    });
}

/// Transforms the tiles of all channels: `into` is `[groups, points, leading dimension]`.
fn transform_images(
    plan: &ConvolutionPlan,
    x: &[f32],
    leading_dimension: usize,
    into: &mut [Lanes],
    threads: &dyn Threads,
) {
    let geometry = &plan.geometry;
    let [_, columns] = plan.input_extent();
    let places = match plan.phases {
        [1, 1] => places(geometry.size, columns, [geometry.pads[0], geometry.pads[1]]),
        _ => Vec::new(),
    };
    let shares = Shares::new(into.chunks_mut(plan.points() * leading_dimension));
    threads.each(shares.len(), &|group| {
        shares.with(group, |into| {
            dispatch(TransformInput { plan, images: x, group, places: &places, leading_dimension, into });
        });
    });
}
