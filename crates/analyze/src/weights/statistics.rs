//! Statistics of a weight: the distribution of its values, and the distance that tuning moved them.

use ndarray::ArrayD;
use rayon::prelude::*;

/// Number of bins of a histogram.
const BINS: usize = 100;
/// A value counts as near zero if its size is at most this share of the standard deviation.
///
/// For a normal distribution, 8.0 % of the values are near zero. A larger share means that a few large weights dominate.
pub(crate) const NEAR: f64 = 0.1;
/// Number of values that are added up at a time. It is fixed, so that the sums do not depend on the number of threads.
const PIECE: usize = 1 << 16;

/// Statistics of the values of one weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Statistics {
    /// Number of values.
    pub values: usize,
    /// Mean.
    pub mean: f64,
    /// Standard deviation of the population.
    pub deviation: f64,
    /// Frobenius norm.
    pub norm: f64,
    /// Share of values with |w| <= [`NEAR`] x deviation, in [0, 1].
    pub near_zero: f64,
}

impl Statistics {
    /// Computes the statistics of `weight`, a tensor of any shape.
    pub fn of(weight: &ArrayD<f32>) -> Self {
        let values: Vec<f32> = weight.iter().copied().collect();
        let count = values.len().max(1) as f64;
        let mean = sum(&values, |v| v) / count;
        let deviation = (sum(&values, |v| (v - mean).powi(2)) / count).sqrt();
        let norm = sum(&values, |v| v * v).sqrt();
        let near_zero = sum(&values, |v| f64::from(u8::from(v.abs() <= NEAR * deviation))) / count;
        Self { values: values.len(), mean, deviation, norm, near_zero }
    }
}

/// Returns the sum of `term` over `values`.
fn sum(values: &[f32], term: impl Fn(f64) -> f64 + Sync) -> f64 {
    let pieces: Vec<f64> =
        values.par_chunks(PIECE).map(|piece| piece.iter().map(|v| term(f64::from(*v))).sum()).collect();
    pieces.iter().sum()
}

/// Returns |after - before| / |before|, or `None` if |before| is 0.
pub(crate) fn moved(before: &ArrayD<f32>, after: &ArrayD<f32>) -> Option<f64> {
    let square = |v: f64| v * v;
    let difference: f64 = before.iter().zip(after).map(|(b, a)| square(f64::from(*a) - f64::from(*b))).sum();
    let norm: f64 = before.iter().map(|b| square(f64::from(*b))).sum();
    (norm > 0.0).then(|| (difference / norm).sqrt())
}

/// A histogram with [`BINS`] bins of equal width.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Histogram {
    /// Lower edge of the first bin. The upper edge of the last bin is `-low`.
    pub low: f64,
    /// Number of values in each bin.
    pub counts: Vec<u64>,
}

impl Histogram {
    /// Counts the values of `weight`, which are all in `-extent..=extent`.
    ///
    /// A bin contains its lower edge. The last bin also contains its upper edge.
    pub fn of(weight: &ArrayD<f32>, extent: f64) -> Self {
        let mut counts = vec![0; BINS];
        for value in weight {
            let place = (f64::from(*value) + extent) / (2.0 * extent) * BINS as f64;
            counts[(place.max(0.0) as usize).min(BINS - 1)] += 1;
        }
        Self { low: -extent, counts }
    }

    /// Returns the lower edge, upper edge and count of each bin.
    pub fn bins(&self) -> impl Iterator<Item = (f64, f64, u64)> {
        let edge = |place: usize| self.low - 2.0 * self.low * place as f64 / BINS as f64;
        self.counts.iter().enumerate().map(move |(place, count)| (edge(place), edge(place + 1), *count))
    }
}

/// Returns the largest absolute value of some weights, or 1 if all values are 0.
pub(crate) fn extent<'a>(weights: impl IntoIterator<Item = &'a ArrayD<f32>>) -> f64 {
    let most = weights.into_iter().flatten().fold(0.0_f32, |most, v| most.max(v.abs()));
    if most > 0.0 && most.is_finite() { f64::from(most) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn statistics_agree_with_numpy() {
        // a = np.array([[-3, 0.05], [0, 1]]); a.mean(), a.std(), np.linalg.norm(a), (abs(a) <= 0.1 * a.std()).mean()
        let found = Statistics::of(&array![[-3.0f32, 0.05], [0.0, 1.0]].into_dyn());
        let expected = [-0.487_499_99, 1.504_316_7, 3.162_672_9, 0.5];
        for (found, expected) in [found.mean, found.deviation, found.norm, found.near_zero].iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
        assert_eq!(found.values, 4);
        assert!(
            (Statistics::of(&array![2.0f32, 2.0].into_dyn()).near_zero) < 1e-9,
            "the values of a constant weight are not near 0"
        );
    }

    #[test]
    fn the_distance_is_relative_to_the_norm_before_tuning() {
        let before = array![3.0f32, 4.0].into_dyn();
        assert_eq!(moved(&before, &array![3.0f32, 4.0].into_dyn()), Some(0.0));
        assert_eq!(moved(&before, &array![3.0f32, 5.0].into_dyn()), Some(0.2));
        assert_eq!(moved(&array![0.0f32].into_dyn(), &array![1.0f32].into_dyn()), None);
    }

    #[test]
    fn every_value_is_in_one_bin() {
        let weight = array![-2.0f32, -1.99, 0.0, 0.01, 2.0].into_dyn();
        let histogram = Histogram::of(&weight, extent([&weight]));
        assert_eq!(histogram.counts.iter().sum::<u64>(), 5);
        let filled: Vec<_> = histogram.bins().filter(|(_, _, count)| *count > 0).collect();
        assert_eq!(filled.iter().map(|bin| bin.2).collect::<Vec<_>>(), [2, 2, 1]);
        assert!((filled[0].0 + 2.0).abs() < 1e-12 && (filled[2].1 - 2.0).abs() < 1e-12);
        assert!(filled[1].0.abs() < 1e-12, "0 is the lower edge of a bin");
    }
}
