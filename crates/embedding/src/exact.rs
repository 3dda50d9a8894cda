//! Slopes of the cost with every pair counted.

use ndarray::Array2;
use rayon::prelude::*;

use crate::affinity;
use crate::descent::{Pair, Slopes};

/// Every pair counted, each time.
pub(crate) struct Exact {
    near: Array2<f64>,
}

impl Exact {
    /// For `points` `[n, d]`.
    pub fn new(points: &Array2<f64>, perplexity: f64) -> Self {
        Self { near: affinity::dense(points, perplexity) }
    }
}

impl Slopes for Exact {
    fn at(&mut self, places: &[Pair], exaggeration: f64) -> Vec<Pair> {
        // Apart by axis, the sums below become vector instructions.
        let [x, y] = [0, 1].map(|axis| places.iter().map(|place| place[axis]).collect::<Vec<f64>>());
        let rows: Vec<(Pair, Pair, f64)> = (0..places.len())
            .into_par_iter()
            .with_min_len(16)
            .map(|i| {
                let (mut pull, mut push, mut total) = ([0.0; 2], [0.0; 2], 0.0);
                for ((near, xj), yj) in self.near.row(i).iter().zip(&x).zip(&y) {
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
        rows.iter().map(|(pull, push, _)| [0, 1].map(|axis| exaggeration * pull[axis] - push[axis] / total)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_is_a_fourth_of_the_costs() {
        let points = Array2::from_shape_fn((12, 5), |(i, j)| ((i * 7 + j * 3) as f64).sin());
        let mut exact = Exact::new(&points, 3.0);
        let near = exact.near.clone();
        assert!((near.sum() - 1.0).abs() < 1e-12 && near.diag().iter().all(|v| *v == 0.0));
        let mut places: Vec<Pair> = (0..12).map(|i| [0.7, 1.3].map(|pitch| (f64::from(i) * pitch).sin())).collect();
        let cost = |places: &[Pair]| -> f64 {
            let q = |i: usize, j: usize| {
                1.0 / (1.0 + (places[i][0] - places[j][0]).powi(2) + (places[i][1] - places[j][1]).powi(2))
            };
            let pairs = || (0..12).flat_map(|i| (0..12).map(move |j| (i, j))).filter(|(i, j)| i != j);
            let total: f64 = pairs().map(|(i, j)| q(i, j)).sum();
            pairs().map(|(i, j)| near[[i, j]] * (near[[i, j]] / (q(i, j) / total)).ln()).sum()
        };
        let found = exact.at(&places, 1.0);
        for i in 0..12 {
            for axis in 0..2 {
                let here = places[i][axis];
                let mut at = |shift: f64| {
                    places[i][axis] = here + shift;
                    cost(&places)
                };
                let expected = (at(1e-5) - at(-1e-5)) / 2e-5;
                places[i][axis] = here;
                assert!((4.0 * found[i][axis] - expected).abs() < 1e-7, "{} {expected}", found[i][axis]);
            }
        }
    }
}
