//! Principal components by randomized subspace iteration (Halko et al. 2011, section 4.5).
//!
//! The method is fast when points have far more dimensions than components, as the layers of a network do. Points stay in f32.
//! Sums are f64, in an order that does not depend on the number of threads.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use rand::{Rng, RngExt};
use rayon::prelude::*;

/// The number of additional directions, which let the last wanted ones converge.
const EXTRA: usize = 8;
/// The number of subspace iterations.
const ROUNDS: usize = 12;
/// The number of points in one matrix product.
const BLOCK: usize = 256;
/// The number of partial sums. It does not depend on the number of threads.
const PARTS: usize = 16;

/// Returns the coordinates `[n, k]` of `points` `[n, d]` along their first `k` principal components.
///
/// The result has fewer columns when n or d is below `k`. The sign of a component makes its coordinate of greatest magnitude
/// positive. `rng` draws the directions that the iteration starts from, and has no influence beyond rounding. Values are
/// finite.
pub fn project(points: &Array2<f32>, k: usize, rng: &mut impl Rng) -> Array2<f64> {
    let (n, d) = points.dim();
    let k = k.min(d).min(n);
    let width = (k + EXTRA).min(d).min(n);
    if width == 0 {
        return Array2::zeros((n, 0));
    }
    let centred = Centred::new(points);
    // Each row is a direction, so that a direction is contiguous in memory.
    let mut basis = Array2::from_shape_simple_fn((width, d), || rng.random_range(-1.0..1.0));
    orthonormalise(&mut basis);
    // A basis of all dimensions needs no iteration.
    for _ in 0..if width == d { 0 } else { ROUNDS } {
        basis = centred.back(&centred.along(&basis));
        orthonormalise(&mut basis);
    }
    // Within the subspace, the components are the eigenvectors of a small matrix.
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

/// Centred points. Only one block of them is in memory at a time.
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

    /// Returns the centred points from `first` to below `end`, at most [`BLOCK`].
    fn block(&self, first: usize, end: usize) -> Array2<f64> {
        let end = (first + BLOCK).min(end);
        let mut block = self.points.slice(s![first..end, ..]).mapv(f64::from);
        block -= &self.mean;
        block
    }

    /// Returns the coordinates `[n, width]` of the points along `directions` `[width, d]`.
    fn along(&self, directions: &Array2<f64>) -> Array2<f64> {
        let n = self.points.nrows();
        let mut out = Array2::zeros((n, directions.nrows()));
        out.axis_chunks_iter_mut(Axis(0), BLOCK).into_par_iter().enumerate().for_each(|(block, mut out)| {
            general_mat_mul(1.0, &self.block(block * BLOCK, n), &directions.t(), 0.0, &mut out);
        });
        out
    }

    /// Returns the sums `[width, d]` of the points, weighted by `scores` `[n, width]`.
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

/// Makes the rows orthonormal by the Gram-Schmidt process, applied twice to each row. A row that depends on earlier rows
/// becomes zero.
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

/// Returns the eigenvalues and eigenvectors (columns) of a small symmetric matrix, by the Jacobi method.
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

/// Rotates in the plane of axes `i` and `j` so that `matrix[i, j]` becomes zero.
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
    fn two_components_keep_the_variance_of_points_on_a_plane() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut draw = |rows, columns| Array2::from_shape_simple_fn((rows, columns), || rng.random_range(-1.0f32..1.0));
        // There are more points than fit a block and more dimensions than directions.
        let points = draw(700, 2).dot(&draw(2, 400));
        let flat = project(&points, 2, &mut ChaCha8Rng::seed_from_u64(2));
        let centred = &points - &points.mean_axis(Axis(0)).unwrap();
        let (all, kept): (f32, f64) = (centred.iter().map(|v| v * v).sum(), flat.iter().map(|v| v * v).sum());
        assert!((f64::from(all) / kept - 1.0).abs() < 1e-4, "{all} {kept}");
    }

    #[test]
    fn equal_points_have_components_of_zero() {
        let flat = project(&Array2::ones((5, 3)), 2, &mut ChaCha8Rng::seed_from_u64(1));
        assert!(flat.iter().all(|v| v.abs() < 1e-9));
    }
}
