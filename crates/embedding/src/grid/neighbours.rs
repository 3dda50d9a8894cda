//! The exact nearest neighbours of every point.
//!
//! Every pair is compared, in f32 products of blocks of points. For 50 dimensions and some ten thousand points this is faster
//! than an index that finds most neighbours. The chosen neighbours are measured again in f64.

use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use rayon::prelude::*;

/// The number of points in one block, and the number of points that a block is compared with at a time.
const BLOCK: [usize; 2] = [96, 1024];

/// The nearest neighbours of `n` points.
#[derive(Debug)]
pub(super) struct Neighbours {
    /// The number of neighbours of each point.
    pub each: usize,
    /// The indices of the neighbours, `[n * each]`, from the nearest to the furthest of each point.
    pub indices: Vec<u32>,
    /// Their squared distances.
    pub distances: Vec<f64>,
}

/// Finds the `each` nearest neighbours of each of `points` `[n, d]`. Coordinates are at most about 1, and `each` is below n.
///
/// Points at the same distance are ordered by how many indices they follow the point, cyclically. Many points at one position
/// therefore do not all have the same few neighbours.
pub(super) fn nearest(points: &Array2<f64>, each: usize) -> Neighbours {
    let n = points.nrows();
    // f32 products misjudge pairs at almost equal distance, so more candidates are chosen than are kept.
    let candidates = (each + each / 4 + 8).min(n - 1);
    let (left, right) = operands(points);
    let mut indices = vec![0u32; n * each];
    let mut distances = vec![0.0; n * each];
    let parts = indices.par_chunks_mut(BLOCK[0] * each).zip(distances.par_chunks_mut(BLOCK[0] * each));
    parts.enumerate().for_each(|(block, (indices, distances))| {
        let first = block * BLOCK[0];
        let chosen = candidates_of(&left, &right, first, candidates);
        let rows = indices.chunks_mut(each).zip(distances.chunks_mut(each));
        for ((row, (indices, distances)), chosen) in rows.enumerate().zip(chosen) {
            let i = first + row;
            let own = points.row(i);
            let mut exact: Vec<(f64, usize, u32)> = chosen
                .into_iter()
                .map(|j| {
                    let other = points.row(j as usize);
                    let squared = own.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum();
                    (squared, steps(i, j, n), j)
                })
                .collect();
            exact.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            for (at, (distance, _, j)) in exact.into_iter().take(each).enumerate() {
                (indices[at], distances[at]) = (j, distance);
            }
        }
    });
    Neighbours { each, indices, distances }
}

/// Returns the number of steps from index `i` to index `j` on a cycle of `n` indices.
fn steps(i: usize, j: u32, n: usize) -> usize {
    (j as usize + n - i) % n
}

/// Returns two matrices `[n, d + 1]` and `[d + 1, n]` whose product is |b|² - 2ab, the squared distance of a and b less |a|².
fn operands(points: &Array2<f64>) -> (Array2<f32>, Array2<f32>) {
    let (n, d) = points.dim();
    let mut left = Array2::ones((n, d + 1));
    left.slice_mut(s![.., ..d]).zip_mut_with(points, |to, v| *to = -2.0 * *v as f32);
    let squares: Array1<f32> =
        points.map_axis(Axis(1), |row| row.iter().map(|v| f64::from(*v as f32).powi(2)).sum::<f64>() as f32);
    let mut right = Array2::zeros((d + 1, n));
    right.slice_mut(s![..d, ..]).zip_mut_with(&points.t(), |to, v| *to = *v as f32);
    right.row_mut(d).assign(&squares);
    (left, right)
}

/// Returns the `count` nearest points of each point of the block that starts at index `first`, in no order.
fn candidates_of(left: &Array2<f32>, right: &Array2<f32>, first: usize, count: usize) -> Vec<Vec<u32>> {
    let n = left.nrows();
    let block: ArrayView2<f32> = left.slice(s![first..(first + BLOCK[0]).min(n), ..]);
    let mut nearest: Vec<Candidates> = (0..block.nrows()).map(|row| Candidates::new(first + row, count, n)).collect();
    for from in (0..n).step_by(BLOCK[1]) {
        let some = right.slice(s![.., from..(from + BLOCK[1]).min(n)]);
        let products = block.dot(&some);
        for (row, nearest) in products.outer_iter().zip(&mut nearest) {
            for (column, distance) in row.iter().enumerate() {
                if *distance <= nearest.limit {
                    nearest.add(*distance, (from + column) as u32);
                }
            }
        }
    }
    nearest.into_iter().map(Candidates::finish).collect()
}

/// The nearest points of one point among those that were compared so far.
struct Candidates {
    own: usize,
    count: usize,
    n: usize,
    /// Points beyond this distance are not among the nearest.
    limit: f32,
    found: Vec<(f32, u32)>,
}

impl Candidates {
    fn new(own: usize, count: usize, n: usize) -> Self {
        Self { own, count, n, limit: f32::INFINITY, found: Vec::with_capacity(4 * count) }
    }

    fn add(&mut self, distance: f32, j: u32) {
        if j as usize == self.own {
            return;
        }
        self.found.push((distance, j));
        if self.found.len() == 4 * self.count {
            self.keep_nearest();
        }
    }

    fn keep_nearest(&mut self) {
        if self.found.len() <= self.count {
            return;
        }
        let (own, n) = (self.own, self.n);
        let order =
            |a: &(f32, u32), b: &(f32, u32)| a.0.total_cmp(&b.0).then(steps(own, a.1, n).cmp(&steps(own, b.1, n)));
        let (_, last, _) = self.found.select_nth_unstable_by(self.count - 1, order);
        self.limit = last.0;
        self.found.truncate(self.count);
    }

    fn finish(mut self) -> Vec<u32> {
        self.keep_nearest();
        self.found.into_iter().map(|(_, j)| j).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_neighbours_are_those_of_comparing_all_pairs() {
        // There are more points than fit a block in both directions, and their distances differ by orders of magnitude.
        let n = 1300;
        let points = Array2::from_shape_fn((n, 4), |(i, j)| {
            ((i * 37 + j * 101) as f64 * 0.7).sin() * if i % 10 == 0 { 1.0 } else { 0.05 }
        });
        let found = nearest(&points, 20);
        for i in (0..n).step_by(7) {
            let squared = |j: usize| (&points.row(i) - &points.row(j)).mapv(|v| v * v).sum();
            let mut all: Vec<f64> = (0..n).filter(|j| *j != i).map(squared).collect();
            all.sort_by(f64::total_cmp);
            let own = i * 20..(i + 1) * 20;
            for ((distance, j), expected) in found.distances[own.clone()].iter().zip(&found.indices[own]).zip(&all) {
                assert!((distance - expected).abs() < 1e-15 && (squared(*j as usize) - expected).abs() < 1e-15);
                assert_ne!(*j as usize, i);
            }
        }
    }

    #[test]
    fn points_at_one_position_have_different_neighbours() {
        let found = nearest(&Array2::ones((700, 3)), 10);
        let mut chosen = vec![0; 700];
        found.indices.iter().for_each(|j| chosen[*j as usize] += 1);
        assert!(chosen.iter().all(|count| *count == 10));
    }
}
