//! How near points are in many dimensions: the probabilities p of van der Maaten & Hinton 2008, section 2.

use ndarray::{Array2, Axis};
use rayon::prelude::*;

use crate::neighbours::Neighbours;

/// How near each pair is, `[n, n]`: symmetric, 0 for a point and itself, 1 in all.
pub(crate) fn dense(points: &Array2<f64>, perplexity: f64) -> Array2<f64> {
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
        for (k, share) in shares(&distances, perplexity).into_iter().enumerate() {
            row[if k < i { k } else { k + 1 }] = share;
        }
    });
    let both = &one_sided + &one_sided.t();
    both / (2.0 * n as f64)
}

/// The same for the pairs of which one is among the other's nearest, row by row.
#[derive(Debug)]
pub(crate) struct Sparse {
    /// Where each point's pairs begin, and the end of the last one's: `[n + 1]`.
    pub starts: Vec<usize>,
    /// The other point and how near it is, ascending by the other's index.
    pub pairs: Vec<(u32, f32)>,
}

/// How near each point and its nearest are, both ways alike, 1 in all.
pub(crate) fn sparse(nearest: &Neighbours, perplexity: f64) -> Sparse {
    let each = nearest.each;
    let n = nearest.indices.len() / each;
    let shares: Vec<f64> =
        nearest.distances.par_chunks(each).flat_map_iter(|distances| shares(distances, perplexity)).collect();
    // Who has a point among its nearest, ascending.
    let mut counts = vec![0usize; n + 1];
    for j in &nearest.indices {
        counts[*j as usize + 1] += 1;
    }
    for i in 0..n {
        counts[i + 1] += counts[i];
    }
    let mut free = counts.clone();
    let mut from = vec![(0u32, 0.0f64); n * each];
    for (at, (j, share)) in nearest.indices.iter().zip(&shares).enumerate() {
        let slot = &mut free[*j as usize];
        from[*slot] = ((at / each) as u32, *share);
        *slot += 1;
    }
    let rows: Vec<Vec<(u32, f32)>> = (0..n)
        .into_par_iter()
        .map(|i| {
            let own = i * each..(i + 1) * each;
            let mut row: Vec<(u32, f64)> =
                nearest.indices[own.clone()].iter().copied().zip(shares[own].iter().copied()).collect();
            row.extend(&from[counts[i]..counts[i + 1]]);
            row.sort_by_key(|(j, _)| *j);
            row.dedup_by(|second, first| {
                let same = first.0 == second.0;
                first.1 += if same { second.1 } else { 0.0 };
                same
            });
            row.into_iter().map(|(j, share)| (j, (share / (2.0 * n as f64)) as f32)).collect()
        })
        .collect();
    let mut starts = vec![0];
    starts.extend(rows.iter().scan(0, |end, row| {
        *end += row.len();
        Some(*end)
    }));
    Sparse { starts, pairs: rows.concat() }
}

/// The share of each neighbour, by squared distance, of a Gaussian as wide as the perplexity wants it.
fn shares(distances: &[f64], perplexity: f64) -> Vec<f64> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neighbours::nearest;

    #[test]
    fn neighbours_have_the_perplexity_asked_for() {
        let distances: Vec<f64> = (1..200).map(|i| 1e6 * f64::from(i).sqrt()).collect();
        for perplexity in [5.0, 30.0, 66.0] {
            let shares = shares(&distances, perplexity);
            let entropy: f64 = shares.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum();
            assert!((entropy.exp() - perplexity).abs() < 1e-3, "{} for {perplexity}", entropy.exp());
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn with_all_neighbours_the_sparse_ones_are_the_dense_ones() {
        let points = Array2::from_shape_fn((25, 3), |(i, j)| ((i * 5 + j * 11) as f64).sin());
        let whole = dense(&points, 4.0);
        let sparse = sparse(&nearest(&points, 24), 4.0);
        assert_eq!(sparse.pairs.len(), 25 * 24);
        for i in 0..25 {
            for (j, near) in &sparse.pairs[sparse.starts[i]..sparse.starts[i + 1]] {
                assert!((f64::from(*near) - whole[[i, *j as usize]]).abs() < 1e-8);
            }
        }
    }

    #[test]
    fn few_neighbours_are_symmetric_and_add_up_to_1() {
        let points = Array2::from_shape_fn((60, 3), |(i, j)| ((i * 5 + j * 11) as f64).sin());
        let sparse = sparse(&nearest(&points, 6), 2.0);
        let row = |i: usize| &sparse.pairs[sparse.starts[i]..sparse.starts[i + 1]];
        for i in 0..60 {
            assert!(row(i).is_sorted_by_key(|(j, _)| *j));
            for (j, near) in row(i) {
                let back = row(*j as usize).iter().find(|(back, _)| *back as usize == i).unwrap();
                assert!((back.1 - near).abs() < 1e-9);
            }
        }
        let sum: f64 = sparse.pairs.iter().map(|(_, near)| f64::from(*near)).sum();
        assert!((sum - 1.0).abs() < 1e-5, "{sum}");
    }
}
