//! How far a map can be trusted.

use ndarray::{Array2, Axis};
use rayon::prelude::*;

/// Neighbours in the plane that [`trustworthiness`] is asked about in this project.
pub const NEIGHBOURS: usize = 12;
/// Points whose neighbours are judged: all, or so many at equal steps.
const JUDGED: usize = 3000;
/// Differences of values that may be taken for it; many dimensions allow fewer points, but not fewer than the second.
const WORK: [usize; 2] = [20_000_000_000, 200];
/// Parts of a sum that are added up apart, so that they become vector instructions.
const LANES: usize = 8;

/// Trustworthiness of `places` `[n, 2]` as a map of `points` `[n, d]` (Venna & Kaski 2001, equation 2): 1 where the `k`
/// nearest of each point in the plane are its `k` nearest among `points` as well; lower the further from it those lie.
///
/// Of points at equal distance none counts as further than another. Beyond 3,000 points (fewer where n times d is large)
/// so many are judged, at equal steps through the list, each against all others. `None` where it has no meaning: `k` is 0
/// or not below n / 2, or a value is not finite.
///
/// # Panics
/// When there are not as many places as points.
pub fn trustworthiness(points: &Array2<f32>, places: &Array2<f64>, k: usize) -> Option<f64> {
    let (n, d) = points.dim();
    assert_eq!(n, places.nrows(), "one place for each point");
    let finite = points.iter().all(|v| v.is_finite()) && places.iter().all(|v| v.is_finite());
    if k == 0 || 2 * k >= n || !finite {
        return None;
    }
    let most = JUDGED.min((WORK[0] / (n * d.max(1))).max(WORK[1]));
    let judged: Vec<usize> = if n <= most { (0..n).collect() } else { (0..most).map(|i| i * n / most).collect() };
    let points = points.as_standard_layout();
    let points: Vec<&[f32]> = points.outer_iter().map(|row| row.to_slice().unwrap_or_default()).collect();
    let plane = pairs(places);
    let penalty = |i: &usize| {
        let mut near: Vec<(f64, usize)> = (0..n).filter(|j| j != i).map(|j| (apart(plane[*i], plane[j]), j)).collect();
        near.select_nth_unstable_by(k - 1, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let distances: Vec<f64> = points.iter().map(|other| squared(points[*i], other)).collect();
        let rank = |j: usize| {
            // The point itself is among those, unless the other lies where it does.
            let nearer = distances.iter().filter(|distance| **distance < distances[j]).count();
            nearer.max(1)
        };
        near[..k].iter().map(|(_, j)| rank(*j).saturating_sub(k)).sum::<usize>()
    };
    let sum: usize = judged.par_iter().map(penalty).sum();
    let worst = (judged.len() * k * (2 * n - 3 * k - 1)) as f64;
    Some(1.0 - 2.0 * sum as f64 / worst)
}

/// Share of the points of `places` `[n, 2]` whose nearest other point has their label: leave-one-out 1-nearest-neighbour
/// accuracy. Of several at one distance the first in the list counts. `None` with fewer than 2 points, or when a place is
/// not finite.
///
/// # Panics
/// When there are not as many labels as places.
pub fn neighbour_accuracy(places: &Array2<f64>, labels: &[usize]) -> Option<f64> {
    let n = labels.len();
    assert_eq!(n, places.nrows(), "one label for each place");
    if n < 2 || !places.iter().all(|v| v.is_finite()) {
        return None;
    }
    let plane = pairs(places);
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_unstable_by(|a, b| plane[*a][0].total_cmp(&plane[*b][0]).then(a.cmp(b)));
    let right = |at: usize| {
        let own = order[at];
        let mut best = (f64::INFINITY, usize::MAX);
        // Away from the point to both sides, as long as the way along x alone does not lead too far.
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

fn pairs(places: &Array2<f64>) -> Vec<[f64; 2]> {
    places.axis_iter(Axis(0)).map(|row| [row[0], row[1]]).collect()
}

fn apart(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)
}

/// Squared distance in f64.
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
