//! The plan of a tiled convolution: how the output is cut into tiles.

use std::ops::Range;

use super::geometry::Geometry;
use crate::gemm::PANEL_GROUPS;
use crate::simd::LANES;
use crate::toom_cook::edge::{AxisTransform, Transforms};
use crate::toom_cook::points_for;

/// Approximate number of tiles that are processed at once. With more tiles the filters are read less often from memory, but the
/// transformed tiles no longer stay in a cache.
const TILES_AT_ONCE: usize = 144;

/// The time of the transforms, in multiply-adds for each channel or filter at each point of a tile. It holds for seven points.
const TRANSFORM: usize = 90;

/// A convolution, turned into one with strides of 1 and a square window and cut into tiles that read
/// [`points_per_axis`](ConvolutionPlan::points_per_axis) pixels along each axis.
///
/// With strides `s`, each channel becomes `s x s` phases. Phase `(c, i, j)` holds the pixels `c[s y + i][s x + j]`, and its filter the taps
/// `w[s a + i][s b + j]`, or zero where there is none.
#[derive(Clone, Debug)]
pub(crate) struct ConvolutionPlan {
    pub(crate) geometry: Geometry,
    /// Number of phases of a channel along each axis. It equals the strides.
    pub(crate) phases: [usize; 2],
    /// Number of taps of a phase along each axis.
    pub(crate) taps: usize,
    /// Number of outputs of a tile along each axis.
    pub(crate) outputs: usize,
    /// Number of tiles of an image, down and right.
    pub(crate) tiles: [usize; 2],
    /// The transforms of inner tiles and of the last tile, for each axis: down, then right.
    transforms: [[AxisTransform; 2]; 2],
}

/// The estimated work of a tiled convolution for one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TiledCost {
    /// Multiply-adds of the products, plus the time of the transforms in multiply-adds.
    pub multiply_adds: usize,
    /// Multiply-adds of the plain sums.
    pub plain_multiply_adds: usize,
    /// Bytes of the transformed tiles and their products, all of which are in memory at once.
    pub bytes: usize,
}

impl ConvolutionPlan {
    /// Returns the plan, or `None` if there are groups or dilations, or if the window of a phase is not a square of 2 to 5 taps.
    pub(crate) fn new(geometry: &Geometry) -> Option<Self> {
        let phases = geometry.strides;
        let [taps, across] = [0, 1].map(|axis| geometry.kernel[axis].div_ceil(phases[axis]));
        if geometry.groups != 1 || geometry.dilations != [1, 1] || taps != across || !(2..=5).contains(&taps) {
            return None;
        }
        let outputs = points_for(taps) + 1 - taps;
        let tiles = geometry.output_size().map(|size| size.div_ceil(outputs));
        let last = [0, 1].map(|axis| geometry.output_size()[axis] - (tiles[axis] - 1) * outputs);
        // Both edges have the same number of outputs, so that there are few kinds of tiles.
        let edge = last.into_iter().filter(|&last| last < outputs).max().unwrap_or(outputs);
        let transforms = last.map(|last| [outputs, if last < outputs { edge } else { outputs }]);
        let transforms = transforms.map(|of_axis| of_axis.map(|outputs| AxisTransform::new(outputs, taps)));
        Some(Self { geometry: geometry.clone(), phases, taps, outputs, tiles, transforms })
    }

    /// Returns the number of channels after the split into phases.
    pub(crate) fn phase_channels(&self) -> usize {
        self.geometry.channels * self.phases[0] * self.phases[1]
    }

    /// Returns the number of points of a tile along each axis.
    pub(crate) fn points_per_axis(&self) -> usize {
        points_for(self.taps)
    }

    /// Returns the number of points of a tile. The convolution is one product of matrices at each point.
    pub(crate) fn points(&self) -> usize {
        self.points_per_axis() * self.points_per_axis()
    }

    /// Returns the number of groups of [`LANES`] channels.
    pub(crate) fn groups(&self) -> usize {
        self.phase_channels().div_ceil(LANES)
    }

    /// Returns the number of groups of [`LANES`] filters.
    pub(crate) fn filter_groups(&self) -> usize {
        self.geometry.filters.div_ceil(LANES)
    }

    /// Returns the number of panels of [`PANEL_GROUPS`] groups of filters.
    pub(crate) fn panels(&self) -> usize {
        self.filter_groups().div_ceil(PANEL_GROUPS)
    }

    /// Returns the number of tiles of one image.
    pub(crate) fn tiles_per_image(&self) -> usize {
        self.tiles[0] * self.tiles[1]
    }

    /// Returns the transforms of a tile, down and right, if it has fewer outputs than a whole tile. Returns `None` for a whole tile.
    pub(crate) fn edge_transforms(&self, tile: [usize; 2]) -> Option<Transforms<'_>> {
        let at = |axis: usize| &self.transforms[axis][usize::from(tile[axis] + 1 == self.tiles[axis])];
        let transforms = [at(0), at(1)];
        transforms.iter().any(|transform| transform.outputs < self.outputs).then_some(transforms)
    }

    /// Returns whether the last tiles, down and right, have fewer outputs than whole ones.
    fn edges(&self) -> [bool; 2] {
        self.transforms.each_ref().map(|[_, last]| last.outputs < self.outputs)
    }

    /// Returns the number of tiles of an image of each kind, in the order in which they lie in memory: at the right edge, inside, at the
    /// lower edge, in the corner. In this order, the tiles that have a given point are contiguous.
    fn kinds(&self) -> [usize; 4] {
        let [down, right] = self.tiles;
        let [edge_down, edge_right] = self.edges().map(usize::from);
        [
            (down - edge_down) * edge_right,
            (down - edge_down) * (right - edge_right),
            edge_down * (right - edge_right),
            edge_down * edge_right,
        ]
    }

    /// Returns the index of a tile of image `image` among the tiles of `images` images that are processed at once.
    pub(crate) fn tile_index(&self, images: usize, image: usize, [y, x]: [usize; 2]) -> usize {
        let [edge_down, edge_right] = self.edges();
        let [below, beside] = [edge_down && y + 1 == self.tiles[0], edge_right && x + 1 == self.tiles[1]];
        let (kind, within) = match (below, beside) {
            (false, true) => (0, y),
            (false, false) => (1, y * (self.tiles[1] - usize::from(edge_right)) + x),
            (true, false) => (2, x),
            (true, true) => (3, 0),
        };
        let kinds = self.kinds();
        kinds[..kind].iter().sum::<usize>() * images + image * kinds[kind] + within
    }

    /// Returns the tiles of `images` images that have the point `point`.
    pub(crate) fn tiles_with(&self, point: usize, images: usize) -> Range<usize> {
        let [down, right] = [(0, point / self.points_per_axis()), (1, point % self.points_per_axis())]
            .map(|(axis, point)| self.transforms[axis][1].has(point));
        let [beside, inside, below, corner] = self.kinds().map(|count| count * images);
        let whole = beside + inside;
        let start = if right { 0 } else { beside };
        let end = match (down, right) {
            (false, _) => whole,
            (true, false) => whole + below,
            (true, true) => whole + below + corner,
        };
        start..end
    }

    /// Returns the number of images of a batch that are processed at once.
    pub(crate) fn images_at_once(&self, batch: usize) -> usize {
        (TILES_AT_ONCE / self.tiles_per_image()).clamp(1, batch.max(1))
    }

    /// Returns the leading dimension of `[points, tiles]` for `images` images at once, in [`Lanes`](crate::Lanes). It is odd, so that the
    /// points of a tile do not all fall on the same lines of the cache.
    pub(crate) fn leading_dimension(&self, images: usize) -> usize {
        (self.tiles_per_image() * images) | 1
    }

    /// Estimates the work for one image.
    pub(crate) fn cost(&self) -> TiledCost {
        let (channels, filters) = (self.groups() * LANES, self.filter_groups() * LANES);
        let along = |axis: usize| (self.tiles[axis] - 1) * self.points_per_axis() + self.transforms[axis][1].points();
        TiledCost {
            // The estimate saturates only for a convolution that is far too large to run.
            multiply_adds: (along(0) * along(1))
                .saturating_mul((channels * filters).saturating_add(TRANSFORM * (channels + filters))),
            plain_multiply_adds: self.geometry.output_len().saturating_mul(self.geometry.filter_len()),
            bytes: ((channels + filters) * self.points())
                .saturating_mul(self.tiles_per_image())
                .saturating_mul(size_of::<f32>()),
        }
    }

    /// Returns the number of rows and columns of a phase that the tiles read.
    pub(crate) fn input_extent(&self) -> [usize; 2] {
        self.tiles.map(|tiles| tiles * self.outputs + self.taps - 1)
    }

    /// Returns the number of rows and columns of the output that the tiles write.
    pub(crate) fn output_extent(&self) -> [usize; 2] {
        self.tiles.map(|tiles| tiles * self.outputs)
    }
}

/// Estimates the work of a convolution that is computed in tiles, for one image. Returns `None` if the convolution does not exist or is
/// computed as a plain sum.
pub fn tiled_cost(geometry: &Geometry) -> Option<TiledCost> {
    geometry.check().ok()?;
    Some(ConvolutionPlan::new(geometry)?.cost())
}
