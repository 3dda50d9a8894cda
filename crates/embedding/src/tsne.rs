//! t-SNE (van der Maaten & Hinton 2008): points that are near in many dimensions, near on a plane.

use ndarray::Array2;
use rand::{Rng, RngExt};

use crate::descent::{Pair, descend};
use crate::exact::Exact;
use crate::interpolated::Interpolated;
use crate::{Error, pca};

/// More dimensions than this are first cut to their principal components.
pub const DIMENSIONS: usize = 50;
/// Points up to which every pair is counted.
pub const EXACT_UP_TO: usize = 1500;
/// Size of the first picture of the map: small, so that points can still pass each other.
const START: f64 = 1e-4;
/// Fewer points have no map but that of their principal components.
const FEWEST: usize = 8;

/// How the slopes of the cost are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Every pair is counted: the cost grows with the square of the number of points.
    Exact,
    /// Neighbours attract, and a grid tells what pushes: the descent's cost grows about as the number of points.
    ///
    /// After Linderman et al. 2019 (FIt-SNE), with splines.
    Interpolated,
}

impl Engine {
    /// The engine for `n` points.
    pub fn for_points(n: usize) -> Self {
        if n <= EXACT_UP_TO { Self::Exact } else { Self::Interpolated }
    }

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Interpolated => "interpolated",
        }
    }
}

/// How a map is made.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// About how many neighbours a point has, 1 or more; lowered to (n - 1) / 3 where there are fewer points than it needs.
    pub perplexity: f64,
    /// Steps of gradient descent; the first fourth, 250 at most, with exaggerated attraction.
    pub iterations: usize,
    /// The engine; `None`: the one for so many points.
    pub engine: Option<Engine>,
}

/// A map and how it was made.
#[derive(Debug)]
pub struct Map {
    /// Coordinates `[n, 2]`, their mean 0.
    pub places: Array2<f64>,
    /// The engine that ran.
    pub engine: Engine,
    /// The perplexity asked for, or as much as so few points allow.
    pub perplexity: f64,
}

/// The map of `points` `[n, d]`, from their principal components.
///
/// With fewer than 8 points, or points that do not differ, the map is that of the principal components. `go_on` is asked
/// before each iteration, by its number from 0, whether to go on.
///
/// # Errors
/// When a value is not finite, when `go_on` says no, or when the descent leaves all bounds.
pub fn embed(
    points: &Array2<f32>,
    settings: &Settings,
    rng: &mut impl Rng,
    go_on: &mut dyn FnMut(usize) -> bool,
) -> Result<Map, Error> {
    if let Some(((row, column), _)) = points.indexed_iter().find(|(_, value)| !value.is_finite()) {
        return Err(Error::NotFinite { row, column });
    }
    let n = points.nrows();
    let engine = settings.engine.unwrap_or_else(|| Engine::for_points(n));
    let perplexity = settings.perplexity.max(1.0).min((n.saturating_sub(1)) as f64 / 3.0);
    if points.outer_iter().all(|row| row == points.row(0)) {
        return Ok(Map { places: Array2::zeros((n, 2)), engine, perplexity });
    }
    let mut shortened = pca::project(points, DIMENSIONS, rng);
    // Nothing but ratios of distances counts, and f32 has no room for squares of large values.
    let largest = shortened.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    shortened.mapv_inplace(|value| value / largest);
    let start = first_picture(&shortened, rng);
    if n < FEWEST {
        return Ok(Map { places: start, engine, perplexity });
    }
    let start: Vec<Pair> = start.outer_iter().map(|row| [row[0] * START, row[1] * START]).collect();
    let places = match engine {
        Engine::Exact => descend(&mut Exact::new(&shortened, perplexity), start, settings.iterations, go_on),
        Engine::Interpolated => {
            descend(&mut Interpolated::new(&shortened, perplexity), start, settings.iterations, go_on)
        }
    }?;
    Ok(Map { places: Array2::from_shape_fn((n, 2), |(i, axis)| places[i][axis]), engine, perplexity })
}

/// The first two principal components, the first of deviation 1.
///
/// Points on a line have no second one (the two logits of two classes, for one); from a line the descent never leaves
/// it, so there the second is drawn at random.
fn first_picture(components: &Array2<f64>, rng: &mut impl Rng) -> Array2<f64> {
    let n = components.nrows();
    let at = |i: usize, j: usize| components.get((i, j)).copied().unwrap_or(0.0);
    let deviation = |j: usize| ((0..n).map(|i| at(i, j).powi(2)).sum::<f64>() / n.max(1) as f64).sqrt();
    let scale = if deviation(0) > 1e-12 { 1.0 / deviation(0) } else { 0.0 };
    let mut start = Array2::from_shape_fn((n, 2), |(i, j)| at(i, j) * scale);
    if scale > 0.0 && deviation(1) < 1e-6 * deviation(0) {
        start.column_mut(1).mapv_inplace(|_| rng.random_range(-1.7..1.7));
    }
    start
}
