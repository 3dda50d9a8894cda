//! The points that are laid out.

use ndarray::{Array1, Array2};
use pipeline::rng;
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

/// The number of dimensions of a point. Points with more are reduced to 50 principal components before t-SNE.
pub(crate) const DIMENSIONS: usize = 50;
const CLASSES: usize = 10;
/// The number of dimensions along which the points of one class differ.
const WITHIN: usize = 6;

/// Draws `n` points `[n, 50]` on ten bent sheets, and returns them with their classes.
///
/// A point is `0.5 c + tanh(z A) B + 0.05 e`. `z` has 6 normal components. `A`, `B` and `c` are normal and drawn once for each
/// class (`A` is divided by the square root of 6, `B` by that of 50). `e` is normal noise.
pub(crate) fn draw(n: usize) -> (Array2<f32>, Vec<usize>) {
    let mut rng = rng(1, "bench", "t-SNE points");
    let mut normal = |rows: usize, columns: usize, scale: f64| -> Array2<f64> {
        Array2::from_shape_simple_fn((rows, columns), || scale * Distribution::<f64>::sample(&StandardNormal, &mut rng))
    };
    let sheets: Vec<[Array2<f64>; 3]> = (0..CLASSES)
        .map(|_| {
            [
                normal(WITHIN, DIMENSIONS, (WITHIN as f64).sqrt().recip()),
                normal(DIMENSIONS, DIMENSIONS, (DIMENSIONS as f64).sqrt().recip()),
                normal(1, DIMENSIONS, 0.5),
            ]
        })
        .collect();
    let mut chance = pipeline::rng(1, "bench", "t-SNE classes");
    let labels: Vec<usize> = (0..n).map(|_| chance.random_range(0..CLASSES)).collect();
    let mut points = Array2::zeros((n, DIMENSIONS));
    for (label, mut point) in labels.iter().zip(points.outer_iter_mut()) {
        let [bend, turn, centre] = &sheets[*label];
        let place: Array1<f64> = normal(1, WITHIN, 1.0).dot(bend).mapv(f64::tanh).dot(turn).row(0).to_owned();
        let noise = normal(1, DIMENSIONS, 0.05);
        point.assign(&(place + centre.row(0) + noise.row(0)).mapv(|v| v as f32));
    }
    (points, labels)
}
