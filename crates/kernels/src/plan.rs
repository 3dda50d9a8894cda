//! How a convolution is cut into tiles.

use std::ops::Range;

use crate::Geometry;
use crate::edge::Side;
use crate::product::WIDE;
use crate::spectra::LANES;
use crate::toom_cook::length;

/// Tiles that are worked on at once, about: the more there are, the seldomer the filters are fetched from memory, but the
/// transformed tiles themselves have to stay in a cache.
const AT_ONCE: usize = 144;

/// Multiply-adds in whose time one product of a tile of seven points is transformed, there or back.
const TRANSFORM: usize = 90;

/// The runtime's multiply-adds in the time of one of ours: ONNX Runtime 1.19 does `AlexNet`'s at 51 a nanosecond on one core of
/// a Zen 5 at which the products of tiles go at 115.
const SPEED: f64 = 0.45;

/// Bytes that the transformed tiles of a picture and their products may take: they are held at once.
const MEMORY: usize = 64 << 20;

/// A convolution as one with strides of 1 and a square window, cut into tiles of [`Plan::tile`] by as many pixels.
///
/// With strides `s`, each channel becomes as many phases as there are pixels in a step: channel `(c, i, j)` holds the pixels
/// `c[s y + i][s x + j]`, and its filter the taps `w[s a + i][s b + j]`, zero where there are none.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) geometry: Geometry,
    /// Phases of a channel, down and right.
    pub(crate) phases: [usize; 2],
    /// Taps of a phase, each way.
    pub(crate) taps: usize,
    /// Outputs of a tile, each way.
    pub(crate) outputs: usize,
    /// Tiles of a picture, down and right.
    pub(crate) tiles: [usize; 2],
    /// How tiles are transformed, down and right: those inside, and the last one.
    sides: [[Side; 2]; 2],
}

impl Plan {
    /// None where there is no such form: in groups, with dilations, or with windows that are too large or not square.
    pub(crate) fn new(geometry: &Geometry) -> Option<Self> {
        let phases = geometry.strides;
        let [taps, across] = [0, 1].map(|axis| geometry.kernel[axis].div_ceil(phases[axis]));
        if geometry.groups != 1 || geometry.dilations != [1, 1] || taps != across || !(2..=5).contains(&taps) {
            return None;
        }
        let outputs = length(taps) + 1 - taps;
        let tiles = geometry.output().map(|size| size.div_ceil(outputs));
        let last = [0, 1].map(|axis| geometry.output()[axis] - (tiles[axis] - 1) * outputs);
        // Both edges alike: there are as few forms of tiles as can be.
        let edge = last.into_iter().filter(|&last| last < outputs).max().unwrap_or(outputs);
        let sides = last.map(|last| [outputs, if last < outputs { edge } else { outputs }]);
        let sides = sides.map(|of_axis| of_axis.map(|outputs| Side::new(outputs, taps)));
        Some(Self { geometry: geometry.clone(), phases, taps, outputs, tiles, sides })
    }

    /// Channels, each phase counted.
    pub(crate) fn channels(&self) -> usize {
        self.geometry.channels * self.phases[0] * self.phases[1]
    }

    /// Points of a tile, each way.
    pub(crate) fn tile(&self) -> usize {
        length(self.taps)
    }

    /// Products of a tile: each pair of points.
    pub(crate) fn products(&self) -> usize {
        self.tile() * self.tile()
    }

    /// Groups of [`LANES`] channels.
    pub(crate) fn groups(&self) -> usize {
        self.channels().div_ceil(LANES)
    }

    /// Groups of [`LANES`] filters.
    pub(crate) fn filter_groups(&self) -> usize {
        self.geometry.filters.div_ceil(LANES)
    }

    /// Groups of [`LANES`] times [`WIDE`] filters.
    pub(crate) fn panels(&self) -> usize {
        self.filter_groups().div_ceil(WIDE)
    }

    /// Tiles of one picture.
    pub(crate) fn tiles(&self) -> usize {
        self.tiles[0] * self.tiles[1]
    }

    /// How a tile is transformed, down and right, where it is one at an edge; nothing where it is a whole one.
    pub(crate) fn sides(&self, tile: [usize; 2]) -> Option<[&Side; 2]> {
        let at = |axis: usize| &self.sides[axis][usize::from(tile[axis] + 1 == self.tiles[axis])];
        let sides = [at(0), at(1)];
        sides.iter().any(|side| side.outputs < self.outputs).then_some(sides)
    }

    /// Whether the last tiles, down and right, are ones at an edge.
    fn edges(&self) -> [bool; 2] {
        self.sides.each_ref().map(|[_, last]| last.outputs < self.outputs)
    }

    /// Tiles of a picture of each kind, in the order in which they lie in memory: those at the right edge, inside, at the lower
    /// edge, and the one in the corner. The tiles that take a product are then neighbours, whichever product it is.
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

    /// Where a tile lies among those of `pictures` that are worked on at once.
    pub(crate) fn place(&self, pictures: usize, picture: usize, [y, x]: [usize; 2]) -> usize {
        let [edge_down, edge_right] = self.edges();
        let [below, beside] = [edge_down && y + 1 == self.tiles[0], edge_right && x + 1 == self.tiles[1]];
        let (kind, within) = match (below, beside) {
            (false, true) => (0, y),
            (false, false) => (1, y * (self.tiles[1] - usize::from(edge_right)) + x),
            (true, false) => (2, x),
            (true, true) => (3, 0),
        };
        let kinds = self.kinds();
        kinds[..kind].iter().sum::<usize>() * pictures + picture * kinds[kind] + within
    }

    /// The tiles of `pictures` that take a product.
    pub(crate) fn takers(&self, product: usize, pictures: usize) -> Range<usize> {
        let [down, right] = [(0, product / self.tile()), (1, product % self.tile())]
            .map(|(axis, point)| self.sides[axis][1].has(point));
        let [beside, inside, below, corner] = self.kinds().map(|count| count * pictures);
        let whole = beside + inside;
        let start = if right { 0 } else { beside };
        let end = match (down, right) {
            (false, _) => whole,
            (true, false) => whole + below,
            (true, true) => whole + below + corner,
        };
        start..end
    }

    /// Pictures of a batch that are worked on at once.
    pub(crate) fn pictures(&self, batch: usize) -> usize {
        (AT_ONCE / self.tiles()).clamp(1, batch.max(1))
    }

    /// Places from one product of a tile to the next, where `pictures` are worked on at once. It is odd, so that the products
    /// of a tile do not all fall on the same lines of a cache.
    pub(crate) fn pitch(&self, pictures: usize) -> usize {
        (self.tiles() * pictures) | 1
    }

    /// Whether the tiles of a picture take less time than the plain sum in the runtime, and no more memory than [`MEMORY`].
    pub(crate) fn pays(&self) -> bool {
        let (channels, filters) = (self.groups() * LANES, self.filter_groups() * LANES);
        let here = self.of_picture() * (channels * filters + TRANSFORM * (channels + filters));
        let there = self.geometry.written() * self.geometry.taps();
        let bytes = (channels + filters) * self.products() * self.tiles() * size_of::<f32>();
        here as f64 * SPEED < there as f64 && bytes <= MEMORY
    }

    /// Products of all tiles of a picture.
    fn of_picture(&self) -> usize {
        let along = |axis: usize| (self.tiles[axis] - 1) * self.tile() + self.sides[axis][1].points();
        along(0) * along(1)
    }

    /// Rows and columns that the tiles read of a phase.
    pub(crate) fn reads(&self) -> [usize; 2] {
        self.tiles.map(|tiles| tiles * self.outputs + self.taps - 1)
    }

    /// Rows and columns that the tiles write.
    pub(crate) fn writes(&self) -> [usize; 2] {
        self.tiles.map(|tiles| tiles * self.outputs)
    }
}
