//! The engine `grid`: t-SNE whose descent takes time about proportional to the number of points.
//!
//! Each point is attracted by its nearest neighbours alone ([`neighbours`], [`affinity`]). The repulsion between all points
//! is the convolution of a density on a grid with the kernel 1 / (1 + d²) ([`convolution`]). [`gradient`] adds both, and
//! [`descent`] follows it.

mod affinity;
mod convolution;
mod descent;
mod gradient;
mod neighbours;
mod spline;

use ndarray::Array2;

use self::gradient::{Gradient, Point};
use crate::Error;
use crate::schedule::Schedule;

/// Lays out `points` `[n, d]` and returns their positions `[n, 2]`, with mean 0.
///
/// The coordinates of `points` are at most about 1, and three times `perplexity` is below n. The descent starts at
/// `start` `[n, 2]`. `go_on` receives the number of finished iterations before each one.
///
/// # Errors
/// Returns an error when `go_on` returns false or when the positions are no longer finite.
pub(crate) fn layout(
    points: &Array2<f64>,
    perplexity: f64,
    start: &Array2<f64>,
    schedule: Schedule,
    go_on: &mut dyn FnMut(usize) -> bool,
) -> Result<Array2<f64>, Error> {
    let start: Vec<Point> = start.outer_iter().map(|row| [row[0], row[1]]).collect();
    let positions = descent::descend(&mut Gradient::new(points, perplexity), start, schedule, go_on)?;
    Ok(Array2::from_shape_fn((positions.len(), 2), |(i, axis)| positions[i][axis]))
}
