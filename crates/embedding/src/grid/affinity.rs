//! Affinities: the probabilities p of van der Maaten & Hinton 2008, section 2, restricted to nearest neighbours.

use rayon::prelude::*;

use super::neighbours::Neighbours;

/// A sparse symmetric matrix of affinities `[n, n]` whose values add up to 1.
#[derive(Debug)]
pub(super) struct Affinities {
    /// The start of each row in `pairs`, and the end of the last row: `[n + 1]`.
    starts: Vec<usize>,
    /// The other point of each pair and the affinity, in rows, ascending by the other point's index.
    pairs: Vec<(u32, f32)>,
}

impl Affinities {
    /// Computes the affinities of each point with its `nearest` neighbours.
    ///
    /// The width of the Gaussian around each point is chosen so that the probabilities of its neighbours have this `perplexity`.
    pub fn new(nearest: &Neighbours, perplexity: f64) -> Self {
        let each = nearest.each;
        let n = nearest.indices.len() / each;
        let one_sided: Vec<f64> = nearest
            .distances
            .par_chunks(each)
            .flat_map_iter(|distances| probabilities(distances, perplexity))
            .collect();
        // The transposed matrix: for each point, the points that have it among their nearest, ascending.
        let mut starts = vec![0usize; n + 1];
        for j in &nearest.indices {
            starts[*j as usize + 1] += 1;
        }
        for i in 0..n {
            starts[i + 1] += starts[i];
        }
        let mut free = starts.clone();
        let mut transposed = vec![(0u32, 0.0f64); n * each];
        for (at, (j, probability)) in nearest.indices.iter().zip(&one_sided).enumerate() {
            let slot = &mut free[*j as usize];
            transposed[*slot] = ((at / each) as u32, *probability);
            *slot += 1;
        }
        let rows: Vec<Vec<(u32, f32)>> = (0..n)
            .into_par_iter()
            .map(|i| {
                let own = i * each..(i + 1) * each;
                let mut row: Vec<(u32, f64)> =
                    nearest.indices[own.clone()].iter().copied().zip(one_sided[own].iter().copied()).collect();
                row.extend(&transposed[starts[i]..starts[i + 1]]);
                row.sort_by_key(|(j, _)| *j);
                row.dedup_by(|second, first| {
                    let same = first.0 == second.0;
                    first.1 += if same { second.1 } else { 0.0 };
                    same
                });
                row.into_iter().map(|(j, sum)| (j, (sum / (2.0 * n as f64)) as f32)).collect()
            })
            .collect();
        let mut starts = vec![0];
        starts.extend(rows.iter().scan(0, |end, row| {
            *end += row.len();
            Some(*end)
        }));
        Self { starts, pairs: rows.concat() }
    }

    /// Returns the points that have an affinity with point `i`, ascending by index, with the affinities.
    pub fn of(&self, i: usize) -> &[(u32, f32)] {
        &self.pairs[self.starts[i]..self.starts[i + 1]]
    }
}

/// Returns the probability of each neighbour of one point, by squared distance, under a Gaussian of the given perplexity.
fn probabilities(distances: &[f64], perplexity: f64) -> Vec<f64> {
    let nearest = distances.iter().copied().fold(f64::INFINITY, f64::min);
    let mean = distances.iter().sum::<f64>() / distances.len().max(1) as f64 - nearest;
    let wanted = perplexity.ln();
    let mut probabilities = vec![0.0; distances.len()];
    // The search for the Gaussian's precision starts from the scale of the distances, so that their unit does not matter.
    let (mut precision, mut low, mut high) = (if mean > 0.0 { 1.0 / mean } else { 1.0 }, 0.0, f64::INFINITY);
    for _ in 0..100 {
        let (mut sum, mut weighted) = (0.0, 0.0);
        for (probability, distance) in probabilities.iter_mut().zip(distances) {
            let beyond = distance - nearest;
            *probability = (-precision * beyond).exp();
            sum += *probability;
            weighted += beyond * *probability;
        }
        for probability in &mut probabilities {
            *probability /= sum;
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
    probabilities
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::super::neighbours::nearest;
    use super::*;

    fn points(n: usize) -> Array2<f64> {
        Array2::from_shape_fn((n, 3), |(i, j)| ((i * 5 + j * 11) as f64).sin())
    }

    #[test]
    fn the_neighbours_of_a_point_have_the_given_perplexity() {
        let distances: Vec<f64> = (1..200).map(|i| 1e6 * f64::from(i).sqrt()).collect();
        for perplexity in [5.0, 30.0, 66.0] {
            let found = probabilities(&distances, perplexity);
            let entropy: f64 = found.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum();
            assert!((entropy.exp() - perplexity).abs() < 1e-3, "{} for {perplexity}", entropy.exp());
            assert!((found.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn affinities_of_all_pairs_are_the_mean_of_both_probabilities() {
        let points = points(25);
        let one_sided: Vec<Vec<f64>> = (0..25)
            .map(|i| {
                let squared = |j: usize| (&points.row(i) - &points.row(j)).mapv(|v| v * v).sum();
                let others: Vec<f64> = (0..25).filter(|j| *j != i).map(squared).collect();
                let mut row = probabilities(&others, 4.0);
                row.insert(i, 0.0);
                row
            })
            .collect();
        let affinities = Affinities::new(&nearest(&points, 24), 4.0);
        for (i, row) in one_sided.iter().enumerate() {
            assert_eq!(affinities.of(i).len(), 24);
            for (j, found) in affinities.of(i) {
                let expected = (row[*j as usize] + one_sided[*j as usize][i]) / 50.0;
                assert!((f64::from(*found) - expected).abs() < 1e-8);
            }
        }
    }

    #[test]
    fn affinities_of_few_neighbours_are_symmetric_and_add_up_to_1() {
        let affinities = Affinities::new(&nearest(&points(60), 6), 2.0);
        for i in 0..60 {
            assert!(affinities.of(i).is_sorted_by_key(|(j, _)| *j));
            for (j, affinity) in affinities.of(i) {
                let back = affinities.of(*j as usize).iter().find(|(back, _)| *back as usize == i).unwrap();
                assert!((back.1 - affinity).abs() < 1e-9);
            }
        }
        let sum: f64 = affinities.pairs.iter().map(|(_, affinity)| f64::from(*affinity)).sum();
        assert!((sum - 1.0).abs() < 1e-5, "{sum}");
    }
}
