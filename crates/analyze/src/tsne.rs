//! t-SNE (van der Maaten & Hinton 2008): points that are near in many dimensions, near on a plane.
//!
//! Exact, every pair counted, and from the principal components. Each point's sums run in one order on
//! whatever thread, so the same points always give the same map to the last bit. Written here because
//! the crates at hand use one thread (`bhtsne` 0.4, below `linfa-tsne`), or
//! count every point as its own neighbour (the exact mode of `bhtsne` 0.7).

use ndarray::{Array2, Axis};
use rand::{Rng, RngExt};
use rayon::prelude::*;

use crate::pca;

/// More dimensions than this are first cut to their principal components.
const DIMENSIONS: usize = 50;
/// Size of the first picture of the map: small, so that points can still pass each other.
const START: f64 = 1e-4;
/// How much stronger attraction is at first, so that groups gather before they settle.
const EXAGGERATION: f64 = 12.0;

/// A map and the perplexity that it was made with.
#[derive(Debug)]
pub(crate) struct Plane {
    /// Coordinates `[n, 2]`.
    pub places: Array2<f64>,
    /// The perplexity asked for, or as much as so few points allow.
    pub perplexity: f64,
}

/// The map of `points` `[n, d]`.
///
/// The perplexity is lowered to (n - 1) / 3 where there are fewer points than it needs. With fewer
/// than 8 points, or points that do not differ, the map is that of the principal components.
pub(crate) fn embed(points: &Array2<f32>, perplexity: f64, iterations: usize, rng: &mut impl Rng) -> Plane {
    let n = points.nrows();
    let perplexity = perplexity.min((n.saturating_sub(1)) as f64 / 3.0);
    let shortened = pca::project(points, DIMENSIONS, rng);
    let start = first_picture(&shortened, rng);
    let differ = shortened.iter().any(|v| v.abs() > 1e-9);
    if n < 8 || !differ {
        return Plane { places: start, perplexity };
    }
    let nearness = nearness(&shortened, perplexity);
    let [x, y] = [0, 1].map(|axis| start.column(axis).iter().map(|v| v * START).collect());
    let [x, y] = descend(&nearness, [x, y], iterations);
    Plane { places: Array2::from_shape_fn((n, 2), |(i, j)| if j == 0 { x[i] } else { y[i] }), perplexity }
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

/// How near each pair is in the many dimensions, `[n, n]`: symmetric, 0 for a point and itself, 1 in all.
fn nearness(points: &Array2<f64>, perplexity: f64) -> Array2<f64> {
    let n = points.nrows();
    let mut one_sided = Array2::<f64>::zeros((n, n));
    one_sided.axis_iter_mut(Axis(0)).into_par_iter().enumerate().for_each(|(i, mut row)| {
        let own = points.row(i);
        let distances: Vec<f64> = points
            .outer_iter()
            .enumerate()
            .filter(|(j, _)| *j != i)
            .map(|(_, other)| own.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum())
            .collect();
        let shares = neighbours(&distances, perplexity);
        for (k, share) in shares.into_iter().enumerate() {
            row[if k < i { k } else { k + 1 }] = share;
        }
    });
    let both = &one_sided + &one_sided.t();
    both / (2.0 * n as f64)
}

/// The share of each neighbour, by squared distance, of a Gaussian as wide as the perplexity wants it.
fn neighbours(distances: &[f64], perplexity: f64) -> Vec<f64> {
    let nearest = distances.iter().copied().fold(f64::INFINITY, f64::min);
    let mean = distances.iter().sum::<f64>() / distances.len().max(1) as f64 - nearest;
    let wanted = perplexity.ln();
    let mut shares = vec![0.0; distances.len()];
    // Precision of the Gaussian: it starts from the scale of the distances, whatever their unit.
    let (mut precision, mut low, mut high) = (if mean > 0.0 { 1.0 / mean } else { 1.0 }, 0.0, f64::INFINITY);
    for _ in 0..100 {
        let (mut sum, mut weighted) = (0.0, 0.0);
        for (share, distance) in shares.iter_mut().zip(distances) {
            let beyond = distance - nearest;
            *share = (-precision * beyond).exp();
            sum += *share;
            weighted += beyond * *share;
        }
        for share in &mut shares {
            *share /= sum;
        }
        let entropy = precision * weighted / sum + f64::ln(sum);
        if (entropy - wanted).abs() < 1e-7 {
            break;
        }
        if entropy > wanted {
            low = precision;
            precision = if high.is_finite() { f64::midpoint(low, high) } else { precision * 2.0 };
        } else {
            high = precision;
            precision = f64::midpoint(low, high);
        }
    }
    shares
}

/// Gradient descent with momentum and a gain for each coordinate, as in the paper's own code.
fn descend(nearness: &Array2<f64>, mut places: [Vec<f64>; 2], iterations: usize) -> [Vec<f64>; 2] {
    let n = nearness.nrows();
    let rate = (n as f64 / EXAGGERATION / 4.0).max(50.0);
    let gathering = (iterations / 4).min(250);
    let mut speed = [vec![0.0; n], vec![0.0; n]];
    let mut gain = [vec![1.0f64; n], vec![1.0; n]];
    for step in 0..iterations {
        let (exaggeration, momentum) = if step < gathering { (EXAGGERATION, 0.5) } else { (1.0, 0.8) };
        let slope = slope(nearness, &places, exaggeration);
        for axis in 0..2 {
            for i in 0..n {
                let (slope, speed, gain) = (slope[i][axis], &mut speed[axis][i], &mut gain[axis][i]);
                // Against the slope still: faster; back and forth: slower.
                *gain = if (slope > 0.0) == (*speed > 0.0) { (*gain * 0.8).max(0.01) } else { *gain + 0.2 };
                *speed = momentum * *speed - rate * *gain * slope;
                places[axis][i] += *speed;
            }
            let mean = places[axis].iter().sum::<f64>() / n as f64;
            places[axis].iter_mut().for_each(|v| *v -= mean);
        }
    }
    places
}

/// The slope of the cost, the divergence of the map's nearness from `nearness`, at each point.
fn slope(nearness: &Array2<f64>, [x, y]: &[Vec<f64>; 2], exaggeration: f64) -> Vec<[f64; 2]> {
    let rows: Vec<([f64; 2], [f64; 2], f64)> = (0..x.len())
        .into_par_iter()
        .with_min_len(16)
        .map(|i| {
            let (mut pull, mut push, mut total) = ([0.0; 2], [0.0; 2], 0.0);
            for ((near, xj), yj) in nearness.row(i).iter().zip(x).zip(y) {
                let apart = [x[i] - xj, y[i] - yj];
                let closeness = 1.0 / (1.0 + apart[0] * apart[0] + apart[1] * apart[1]);
                for axis in 0..2 {
                    pull[axis] += near * closeness * apart[axis];
                    push[axis] += closeness * closeness * apart[axis];
                }
                total += closeness;
            }
            // A point is not its own neighbour.
            (pull, push, total - 1.0)
        })
        .collect();
    let total: f64 = rows.iter().map(|(_, _, total)| total).sum();
    let slope = |(pull, push, _): &([f64; 2], [f64; 2], f64)| {
        [0, 1].map(|axis| 4.0 * (exaggeration * pull[axis] - push[axis] / total))
    };
    rows.iter().map(slope).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three clouds of `each` points in 20 dimensions.
    fn clouds(each: usize) -> Array2<f32> {
        let mut rng = pipeline::rng(5, "analyze", "clouds");
        Array2::from_shape_fn((3 * each, 20), |(i, j)| {
            let centre = if j == i / each { 6.0 } else { 0.0 };
            centre + rng.random_range(-1.0..1.0)
        })
    }

    fn map(points: &Array2<f32>) -> Plane {
        embed(points, 30.0, 300, &mut pipeline::rng(1, "analyze", "t-SNE"))
    }

    #[test]
    fn points_on_a_line_spread_over_the_plane() {
        // Two logits that are each other's negative, as two classes have them.
        let mut rng = pipeline::rng(5, "analyze", "line");
        let logits: Vec<f32> = (0..60).map(|_| rng.random_range(-3.0..3.0)).collect();
        let points = Array2::from_shape_fn((60, 2), |(i, j)| if j == 0 { logits[i] } else { -logits[i] });
        let places = map(&points).places;
        let deviation = |axis: usize| places.column(axis).std(0.0);
        assert!(deviation(1) > 0.05 * deviation(0), "{} and {}", deviation(0), deviation(1));
    }

    #[test]
    fn the_same_points_give_the_same_map_to_the_last_bit() {
        let points = clouds(20);
        let (first, second) = (map(&points), map(&points));
        let bits = |plane: &Plane| plane.places.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&first), bits(&second));
    }

    #[test]
    fn clouds_stay_apart() {
        let plane = embed(&clouds(20), 8.0, 500, &mut pipeline::rng(1, "analyze", "t-SNE"));
        let distance = |a: usize, b: usize| {
            let d = &plane.places.row(a) - &plane.places.row(b);
            d.dot(&d)
        };
        for i in 0..60 {
            let nearest = (0..60).filter(|j| *j != i).min_by(|a, b| distance(i, *a).total_cmp(&distance(i, *b)));
            assert_eq!(nearest.unwrap() / 20, i / 20, "the nearest point of {i} is of its own cloud");
        }
    }

    #[test]
    fn neighbours_have_the_perplexity_asked_for() {
        let distances: Vec<f64> = (1..200).map(|i| 1e6 * f64::from(i).sqrt()).collect();
        for perplexity in [5.0, 30.0, 66.0] {
            let shares = neighbours(&distances, perplexity);
            let entropy: f64 = shares.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum();
            assert!((entropy.exp() - perplexity).abs() < 1e-3, "{} for {perplexity}", entropy.exp());
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn the_slope_is_that_of_the_cost() {
        let near = nearness(&clouds(4).mapv(f64::from), 3.0);
        assert!((near.sum() - 1.0).abs() < 1e-12 && near.diag().iter().all(|v| *v == 0.0));
        let mut places = [0.7f64, 1.3].map(|pitch| (0..12).map(|i| (f64::from(i) * pitch).sin()).collect::<Vec<f64>>());
        let cost = |places: &[Vec<f64>; 2]| -> f64 {
            let q = |i: usize, j: usize| {
                1.0 / (1.0 + (places[0][i] - places[0][j]).powi(2) + (places[1][i] - places[1][j]).powi(2))
            };
            let pairs = || (0..12).flat_map(|i| (0..12).map(move |j| (i, j))).filter(|(i, j)| i != j);
            let total: f64 = pairs().map(|(i, j)| q(i, j)).sum();
            pairs().map(|(i, j)| near[[i, j]] * (near[[i, j]] / (q(i, j) / total)).ln()).sum()
        };
        let found = slope(&near, &places, 1.0);
        for i in 0..12 {
            for axis in 0..2 {
                let here = places[axis][i];
                let mut at = |shift: f64| {
                    places[axis][i] = here + shift;
                    cost(&places)
                };
                let expected = (at(1e-5) - at(-1e-5)) / 2e-5;
                places[axis][i] = here;
                assert!((found[i][axis] - expected).abs() < 1e-7, "{} {expected}", found[i][axis]);
            }
        }
    }

    #[test]
    fn few_points_lower_the_perplexity_and_none_break_it() {
        assert!((map(&clouds(10)).perplexity - 29.0 / 3.0).abs() < 1e-9);
        for n in [0, 1, 3, 7, 8, 9] {
            let points = clouds(3).slice_move(ndarray::s![..n, ..]);
            let plane = map(&points);
            assert_eq!(plane.places.dim(), (n, 2));
            assert!(plane.places.iter().all(|v| v.is_finite()), "{n} points");
        }
        assert!(map(&Array2::ones((40, 3))).places.iter().all(|v| v.abs() < 1e-9), "points that do not differ");
    }
}
