//! Measures of the quality of an embedding.

use ndarray::{Array2, Axis};
use rayon::prelude::*;

/// The number of neighbours for which this project reports [`trustworthiness`].
pub const NEIGHBOURS: usize = 12;
/// The most points whose neighbours [`trustworthiness`] checks.
const CHECKED: usize = 3000;
/// Limits of the work of [`trustworthiness`]. With more differences of coordinates than the first number, it checks fewer
/// points, but never fewer than the second number.
const WORK: [usize; 2] = [20_000_000_000, 200];
/// The number of partial sums of a distance, which the compiler turns into vector instructions.
const LANES: usize = 8;

/// Computes the trustworthiness of `positions` `[n, 2]` as an embedding of `points` `[n, d]` (Venna & Kaski 2001, equation 2).
///
/// It is 1 when the `k` nearest points of each point in the plane are also its `k` nearest among `points`. The higher
/// the ranks of the nearest points of the plane are among `points`, the lower it is. Of points at equal distance, none counts
/// as further than another.
///
/// At most 3,000 points are checked, or fewer if they have many dimensions. They are taken from the list at equal steps, and
/// each is checked against all others. The result is `None` when `k` is 0 or not below n / 2, or when a value is not finite.
///
/// # Panics
/// Panics when the numbers of points and positions differ.
pub fn trustworthiness(points: &Array2<f32>, positions: &Array2<f64>, k: usize) -> Option<f64> {
    let (n, d) = points.dim();
    assert_eq!(n, positions.nrows(), "there is one position for each point");
    let finite = points.iter().all(|v| v.is_finite()) && positions.iter().all(|v| v.is_finite());
    if k == 0 || 2 * k >= n || !finite {
        return None;
    }
    let most = CHECKED.min((WORK[0] / (n * d.max(1))).max(WORK[1]));
    let checked: Vec<usize> = if n <= most { (0..n).collect() } else { (0..most).map(|i| i * n / most).collect() };
    let points = points.as_standard_layout();
    let points: Vec<&[f32]> = points.outer_iter().map(|row| row.to_slice().unwrap_or_default()).collect();
    let plane = pairs(positions);
    let penalty = |i: &usize| {
        let mut near: Vec<(f64, usize)> = (0..n).filter(|j| j != i).map(|j| (apart(plane[*i], plane[j]), j)).collect();
        near.select_nth_unstable_by(k - 1, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let distances: Vec<f64> = points.iter().map(|other| squared(points[*i], other)).collect();
        let rank = |j: usize| {
            // The count includes the point itself, unless both points are at one position.
            let nearer = distances.iter().filter(|distance| **distance < distances[j]).count();
            nearer.max(1)
        };
        near[..k].iter().map(|(_, j)| rank(*j).saturating_sub(k)).sum::<usize>()
    };
    let sum: usize = checked.par_iter().map(penalty).sum();
    let worst = (checked.len() * k * (2 * n - 3 * k - 1)) as f64;
    Some(1.0 - 2.0 * sum as f64 / worst)
}

/// Computes the leave-one-out 1-nearest-neighbour accuracy of `positions` `[n, 2]`: the share of points whose nearest other
/// point has the same label.
///
/// Of several nearest points at one distance the first in the list counts. The result is `None` when there are fewer than 2
/// points or a position is not finite.
///
/// # Panics
/// Panics when the numbers of labels and positions differ.
pub fn neighbour_accuracy(positions: &Array2<f64>, labels: &[usize]) -> Option<f64> {
    let n = labels.len();
    assert_eq!(n, positions.nrows(), "there is one label for each position");
    if n < 2 || !positions.iter().all(|v| v.is_finite()) {
        return None;
    }
    let plane = pairs(positions);
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_unstable_by(|a, b| plane[*a][0].total_cmp(&plane[*b][0]).then(a.cmp(b)));
    let right = |at: usize| {
        let own = order[at];
        let mut best = (f64::INFINITY, usize::MAX);
        // The search moves away from the point in both directions, until the distance along x alone exceeds the best.
        let mut look = |other: usize| {
            let along = plane[other][0] - plane[own][0];
            if along * along > best.0 {
                return false;
            }
            let found = (apart(plane[own], plane[other]), other);
            if found < best {
                best = found;
            }
            true
        };
        let _ = order[..at].iter().rev().all(|other| look(*other));
        let _ = order[at + 1..].iter().all(|other| look(*other));
        labels.get(best.1).is_some_and(|label| *label == labels[own])
    };
    let right = (0..n).into_par_iter().filter(|at| right(*at)).count();
    Some(right as f64 / n as f64)
}

fn pairs(positions: &Array2<f64>) -> Vec<[f64; 2]> {
    positions.axis_iter(Axis(0)).map(|row| [row[0], row[1]]).collect()
}

/// Returns the squared distance on the plane.
fn apart(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)
}

/// Returns the squared distance, computed in f64.
fn squared(a: &[f32], b: &[f32]) -> f64 {
    let difference = |a: &f32, b: &f32| (f64::from(*a) - f64::from(*b)).powi(2);
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += difference(&a[lane], &b[lane]);
        }
    }
    sums.iter().sum::<f64>() + a_rest.iter().zip(b_rest).map(|(a, b)| difference(a, b)).sum::<f64>()
}
