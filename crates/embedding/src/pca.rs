//! Principal components by subspace iteration: the few directions along which points differ most.
//!
//! Exact enough to start t-SNE from and to shorten features for it, and cheap where there are far more dimensions than
//! components, which is the case for every layer of a network. Points stay in f32; sums are f64, in an order that no number
//! of threads changes.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use rand::{Rng, RngExt};
use rayon::prelude::*;

/// Directions beyond those asked for: they let the last ones converge.
const EXTRA: usize = 8;
const ROUNDS: usize = 12;
/// Points that are multiplied at a time.
const BLOCK: usize = 256;
/// Sums that are made apart, by as many threads as there are, and then added up.
const PARTS: usize = 16;

/// Coordinates `[n, k]` of `points` `[n, d]` along their `k` greatest principal components, greatest
/// first. `k` is cut to what `n` and `d` allow. A component points where its coordinate of greatest
/// size is positive, so that the result does not depend on the draw. Values have to be finite.
pub fn project(points: &Array2<f32>, k: usize, rng: &mut impl Rng) -> Array2<f64> {
    let (n, d) = points.dim();
    let k = k.min(d).min(n);
    let width = (k + EXTRA).min(d).min(n);
    if width == 0 {
        return Array2::zeros((n, 0));
    }
    let centred = Centred::new(points);
    // Directions as rows: each is one piece of memory.
    let mut basis = Array2::from_shape_simple_fn((width, d), || rng.random_range(-1.0..1.0));
    orthonormalise(&mut basis);
    // All directions there are need no search.
    for _ in 0..if width == d { 0 } else { ROUNDS } {
        basis = centred.back(&centred.along(&basis));
        orthonormalise(&mut basis);
    }
    // Inside the subspace the components are the eigenvectors of a small matrix.
    let scores = centred.along(&basis);
    let (values, vectors) = eigen(scores.t().dot(&scores));
    let mut order: Vec<usize> = (0..width).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]).then(a.cmp(b)));
    let mut out = scores.dot(&vectors.select(Axis(1), &order[..k]));
    for mut column in out.columns_mut() {
        let furthest = column.iter().copied().fold(0.0, |most: f64, v| if v.abs() > most.abs() { v } else { most });
        if furthest < 0.0 {
            column.mapv_inplace(|v| -v);
        }
    }
    out
}

/// Points less their mean, which are never in memory as a whole.
struct Centred<'a> {
    points: ArrayView2<'a, f32>,
    mean: Array1<f64>,
}

impl<'a> Centred<'a> {
    fn new(points: &'a Array2<f32>) -> Self {
        let mut mean = Array1::zeros(points.ncols());
        for row in points.outer_iter() {
            mean.zip_mut_with(&row, |sum, v| *sum += f64::from(*v));
        }
        Self { points: points.view(), mean: mean / points.nrows() as f64 }
    }

    /// Up to [`BLOCK`] points from `first` on.
    fn block(&self, first: usize, end: usize) -> Array2<f64> {
        let end = (first + BLOCK).min(end);
        let mut block = self.points.slice(s![first..end, ..]).mapv(f64::from);
        block -= &self.mean;
        block
    }

    /// Coordinates along `directions` `[width, d]`: `[n, width]`.
    fn along(&self, directions: &Array2<f64>) -> Array2<f64> {
        let n = self.points.nrows();
        let mut out = Array2::zeros((n, directions.nrows()));
        out.axis_chunks_iter_mut(Axis(0), BLOCK).into_par_iter().enumerate().for_each(|(block, mut out)| {
            general_mat_mul(1.0, &self.block(block * BLOCK, n), &directions.t(), 0.0, &mut out);
        });
        out
    }

    /// The points added up with the weights `scores` `[n, width]`: `[width, d]`.
    fn back(&self, scores: &Array2<f64>) -> Array2<f64> {
        let n = self.points.nrows();
        let each = n.div_ceil(PARTS);
        let sum = |part: usize| {
            let mut sum = Array2::zeros((scores.ncols(), self.points.ncols()));
            let end = ((part + 1) * each).min(n);
            for first in (part * each..end).step_by(BLOCK) {
                let block = self.block(first, end);
                let scores = scores.slice(s![first..first + block.nrows(), ..]);
                general_mat_mul(1.0, &scores.t(), &block, 1.0, &mut sum);
            }
            sum
        };
        let parts: Vec<Array2<f64>> = (0..n.div_ceil(each)).into_par_iter().map(sum).collect();
        parts.into_iter().reduce(|a, b| a + b).unwrap_or_default()
    }
}

/// Makes the rows orthogonal to each other and of length 1; a row that depends on those before
/// it becomes zero. Gram-Schmidt, each row twice.
fn orthonormalise(basis: &mut Array2<f64>) {
    for row in 0..basis.nrows() {
        let (earlier, mut rest) = basis.view_mut().split_at(Axis(0), row);
        let mut own = rest.row_mut(0);
        let before = own.dot(&own).sqrt();
        for _ in 0..2 {
            for other in earlier.outer_iter() {
                let along = own.dot(&other);
                own.scaled_add(-along, &other);
            }
        }
        let length = own.dot(&own).sqrt();
        let scale = if length > 1e-10 * before && length > 0.0 { 1.0 / length } else { 0.0 };
        own.mapv_inplace(|v| v * scale);
    }
}

/// Eigenvalues and, as columns, eigenvectors of a small symmetric matrix, by Jacobi's rotations.
fn eigen(mut matrix: Array2<f64>) -> (Vec<f64>, Array2<f64>) {
    let n = matrix.nrows();
    let mut vectors = Array2::eye(n);
    for _ in 0..60 {
        let off: f64 = matrix.indexed_iter().filter(|((i, j), _)| i < j).map(|(_, v)| v * v).sum();
        let all: f64 = matrix.iter().map(|v| v * v).sum();
        if off <= 1e-26 * all {
            break;
        }
        for i in 0..n {
            for j in i + 1..n {
                rotate(&mut matrix, &mut vectors, i, j);
            }
        }
    }
    (matrix.diag().to_vec(), vectors)
}

/// One rotation, in the plane of axes `i` and `j`, that makes `matrix[i, j]` zero.
fn rotate(matrix: &mut Array2<f64>, vectors: &mut Array2<f64>, i: usize, j: usize) {
    if matrix[[i, j]] == 0.0 {
        return;
    }
    let slope = (matrix[[j, j]] - matrix[[i, i]]) / (2.0 * matrix[[i, j]]);
    let tangent = slope.signum() / (slope.abs() + (slope * slope + 1.0).sqrt());
    let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
    let sine = tangent * cosine;
    for k in 0..matrix.nrows() {
        let (a, b) = (matrix[[k, i]], matrix[[k, j]]);
        matrix[[k, i]] = cosine * a - sine * b;
        matrix[[k, j]] = sine * a + cosine * b;
        let (a, b) = (vectors[[k, i]], vectors[[k, j]]);
        vectors[[k, i]] = cosine * a - sine * b;
        vectors[[k, j]] = sine * a + cosine * b;
    }
    for k in 0..matrix.nrows() {
        let (a, b) = (matrix[[i, k]], matrix[[j, k]]);
        matrix[[i, k]] = cosine * a - sine * b;
        matrix[[j, k]] = sine * a + cosine * b;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    #[test]
    fn keeps_all_variance_of_points_in_a_plane_of_many_dimensions() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut draw = |rows, columns| Array2::from_shape_simple_fn((rows, columns), || rng.random_range(-1.0f32..1.0));
        // More points than one block, more dimensions than directions.
        let points = draw(700, 2).dot(&draw(2, 400));
        let flat = project(&points, 2, &mut ChaCha8Rng::seed_from_u64(2));
        let centred = &points - &points.mean_axis(Axis(0)).unwrap();
        let (all, kept): (f32, f64) = (centred.iter().map(|v| v * v).sum(), flat.iter().map(|v| v * v).sum());
        assert!((f64::from(all) / kept - 1.0).abs() < 1e-4, "{all} {kept}");
    }

    #[test]
    fn points_that_do_not_differ_stay_together() {
        let flat = project(&Array2::ones((5, 3)), 2, &mut ChaCha8Rng::seed_from_u64(1));
        assert!(flat.iter().all(|v| v.abs() < 1e-9));
    }
}
