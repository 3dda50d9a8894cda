//! t-SNE (van der Maaten & Hinton 2008) lays out high-dimensional points on a plane so that near points stay near.

use ndarray::Array2;
use rand::{Rng, RngExt};

use crate::schedule::Schedule;
use crate::{Error, grid, linfa, pca};

/// The number of principal components that points of more dimensions are reduced to.
pub const DIMENSIONS: usize = 50;
/// The work up to which [`Engine::for_work`] chooses [`Engine::Linfa`], in pairs of points times iterations.
///
/// `linfa-tsne` takes less than 3 s for this work on one core (`bench tsne-engines`). With the default of 1,000 iterations the
/// limit is 400 points.
pub const LINFA_WORK: u64 = 160_000_000;
/// The standard deviation of the start positions. It is small, so that points can still pass each other.
const START: f64 = 1e-4;
/// Fewer points are laid out by their principal components alone.
const FEWEST: usize = 8;

/// An implementation of t-SNE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The exact t-SNE of crate `linfa-tsne`. It computes every pair, on one thread, and starts at random positions.
    Linfa,
    /// Our engine. Nearest neighbours attract each other, and a grid approximates the repulsion between all points.
    ///
    /// The method is that of Linderman et al. 2019 (FIt-SNE), with splines. The layout starts from the first two principal
    /// components.
    Grid,
}

impl Engine {
    /// Returns the engine for `points` points and `iterations` iterations: [`Engine::Linfa`] up to [`LINFA_WORK`].
    ///
    /// The choice depends on nothing else, so that results repeat.
    pub fn for_work(points: usize, iterations: usize) -> Self {
        let work = (points as u64).saturating_pow(2).saturating_mul(iterations as u64);
        if work <= LINFA_WORK { Self::Linfa } else { Self::Grid }
    }

    /// Returns the name of the engine in the configuration and in artifacts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linfa => "linfa",
            Self::Grid => "grid",
        }
    }
}

/// The parameters of a layout.
#[derive(Debug, Clone, Copy)]
pub struct TsneSettings {
    /// The effective number of neighbours of a point, at least 1. [`embed`] lowers it to (n - 1) / 3 for small n.
    pub perplexity: f64,
    /// The number of steps of gradient descent. The first quarter, at most 250, exaggerates attraction.
    pub iterations: usize,
    /// The engine. `None` selects [`Engine::for_work`].
    pub engine: Option<Engine>,
}

/// A layout and how it was made.
#[derive(Debug)]
pub struct Embedding {
    /// The positions `[n, 2]`, with mean 0.
    pub positions: Array2<f64>,
    /// The engine that ran. `None` means that the positions are the principal components or all 0.
    pub engine: Option<Engine>,
    /// The perplexity that was used.
    pub perplexity: f64,
}

/// Lays out `points` `[n, d]` on a plane.
///
/// Points of more than 50 dimensions are first reduced to 50 principal components. The positions are the first two
/// principal components when there are fewer than 8 points, and 0 when all points are equal.
///
/// `go_on` receives the number of finished iterations and returns whether to continue. [`Engine::Grid`] calls it before each
/// iteration. [`Engine::Linfa`] does not report its iterations, and calls `go_on(0)` every 20 ms.
///
/// # Errors
/// Returns an error when a coordinate is not finite, when `go_on` returns false, when the descent diverges, or when there
/// are more than 10,000 points for [`Engine::Linfa`].
pub fn embed(
    points: &Array2<f32>,
    settings: &TsneSettings,
    rng: &mut impl Rng,
    go_on: &mut dyn FnMut(usize) -> bool,
) -> Result<Embedding, Error> {
    if let Some(((row, column), _)) = points.indexed_iter().find(|(_, value)| !value.is_finite()) {
        return Err(Error::NotFinite { row, column });
    }
    let n = points.nrows();
    let perplexity = settings.perplexity.max(1.0).min((n.saturating_sub(1)) as f64 / 3.0);
    if points.outer_iter().all(|row| row == points.row(0)) {
        return Ok(Embedding { positions: Array2::zeros((n, 2)), engine: None, perplexity });
    }
    let mut reduced = pca::project(points, DIMENSIONS, rng);
    // t-SNE uses only ratios of distances, and f32 cannot hold the squares of large values.
    let largest = reduced.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    reduced.mapv_inplace(|value| value / largest);
    if n < FEWEST {
        return Ok(Embedding { positions: first_components(&reduced, rng), engine: None, perplexity });
    }
    let engine = settings.engine.unwrap_or_else(|| Engine::for_work(n, settings.iterations));
    let schedule = Schedule::new(settings.iterations);
    let positions = match engine {
        Engine::Linfa => linfa::layout(&reduced, perplexity, schedule, rng.random(), go_on),
        Engine::Grid => {
            let start = first_components(&reduced, rng) * START;
            grid::layout(&reduced, perplexity, &start, schedule, go_on)
        }
    }?;
    Ok(Embedding { positions, engine: Some(engine), perplexity })
}

/// Returns the first two principal components `[n, 2]`, scaled so that the first has standard deviation 1.
///
/// Points on a line have no second component (the two logits of two classes are an example). A descent that starts on a
/// line never leaves it, so the second component is then drawn at random.
fn first_components(components: &Array2<f64>, rng: &mut impl Rng) -> Array2<f64> {
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
