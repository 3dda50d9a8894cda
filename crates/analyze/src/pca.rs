//! Principal components by subspace iteration: the few directions along which points differ most.
//!
//! Exact enough to start t-SNE from and to shorten features for it, and cheap where there are far
//! more dimensions than points, which is the case for every layer of a network.

use ndarray::{Array1, Array2, Axis};
use rand::{Rng, RngExt};

/// Directions beyond those asked for: they let the last ones converge.
const EXTRA: usize = 8;
const ROUNDS: usize = 12;

/// Coordinates `[n, k]` of `points` `[n, d]` along their `k` greatest principal components, greatest
/// first. `k` is cut to what `n` and `d` allow. A component points where its coordinate of greatest
/// size is positive, so that the result does not depend on the draw.
pub(crate) fn project(points: &Array2<f32>, k: usize, rng: &mut impl Rng) -> Array2<f64> {
    let (n, d) = points.dim();
    let k = k.min(d).min(n);
    let width = (k + EXTRA).min(d).min(n);
    if width == 0 {
        return Array2::zeros((n, 0));
    }
    let mean = points.mean_axis(Axis(0)).unwrap_or_else(|| Array1::zeros(d));
    let centred = (points - &mean).mapv(f64::from);
    let mut basis = Array2::from_shape_simple_fn((d, width), || rng.random_range(-1.0..1.0));
    orthonormalise(&mut basis);
    for _ in 0..ROUNDS {
        basis = centred.t().dot(&centred.dot(&basis));
        orthonormalise(&mut basis);
    }
    // Inside the subspace the components are the eigenvectors of a small matrix.
    let scores = centred.dot(&basis);
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

/// Makes the columns orthogonal to each other and of length 1; a column that depends on those before
/// it becomes zero. Gram-Schmidt, each column twice.
fn orthonormalise(basis: &mut Array2<f64>) {
    for column in 0..basis.ncols() {
        let before = basis.column(column).dot(&basis.column(column)).sqrt();
        for _ in 0..2 {
            for earlier in 0..column {
                let other = basis.column(earlier).to_owned();
                let along = basis.column(column).dot(&other);
                basis.column_mut(column).scaled_add(-along, &other);
            }
        }
        let length = basis.column(column).dot(&basis.column(column)).sqrt();
        let scale = if length > 1e-10 * before && length > 0.0 { 1.0 / length } else { 0.0 };
        basis.column_mut(column).mapv_inplace(|v| v * scale);
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
    use ndarray::array;

    #[test]
    fn finds_the_long_axis_first_whatever_the_draw() {
        // Along (3, 4)/5 the points lie at -10, -5, 5 and 10; across it at ±1.
        let points = array![[-6.8f32, -7.4], [-2.2, -4.6], [2.2, 4.6], [6.8, 7.4]];
        let expected = array![[-10.0, 1.0], [-5.0, -1.0], [5.0, 1.0], [10.0, -1.0]];
        for seed in 1..4 {
            let found = project(&points, 2, &mut pipeline::rng(seed, "analyze", "test"));
            for (a, b) in found.iter().zip(&expected) {
                assert!((a.abs() - f64::abs(*b)).abs() < 0.5, "{found}");
            }
            let again = project(&points, 2, &mut pipeline::rng(seed + 7, "analyze", "test"));
            assert!(found.iter().zip(&again).all(|(a, b)| (a - b).abs() < 1e-9), "{found} {again}");
        }
    }

    #[test]
    fn keeps_all_variance_of_points_in_a_plane_of_many_dimensions() {
        let mut rng = pipeline::rng(1, "analyze", "plane");
        let draw = |rows, columns, rng: &mut dyn rand::Rng| {
            Array2::from_shape_simple_fn((rows, columns), || rng.random_range(-1.0f32..1.0))
        };
        let points = draw(30, 2, &mut rng).dot(&draw(2, 400, &mut rng));
        let flat = project(&points, 2, &mut rng);
        let centred = &points - &points.mean_axis(Axis(0)).unwrap();
        let (all, kept): (f32, f64) = (centred.iter().map(|v| v * v).sum(), flat.iter().map(|v| v * v).sum());
        assert!((f64::from(all) / kept - 1.0).abs() < 1e-4, "{all} {kept}");
    }

    #[test]
    fn points_that_do_not_differ_stay_together() {
        let flat = project(&Array2::ones((5, 3)), 2, &mut pipeline::rng(1, "analyze", "same"));
        assert!(flat.iter().all(|v| v.abs() < 1e-9));
    }
}
