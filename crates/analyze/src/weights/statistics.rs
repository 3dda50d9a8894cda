//! Figures of one weight: how its values are spread, and how far tuning moved them.

use ndarray::ArrayD;
use rayon::prelude::*;

/// Bars of a histogram.
const BARS: usize = 100;
/// Values nearer to 0 than this share of the deviation count as near zero. Of normally distributed values 8.0 % are:
/// more means that many weights do little beside a few large ones.
pub(crate) const NEAR: f64 = 0.1;
/// Values summed up at a time. Fixed, so that the same sums are made with any number of threads.
const PIECE: usize = 1 << 16;

/// How the values of one weight are spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Statistics {
    /// How many there are.
    pub values: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation (of the population).
    pub deviation: f64,
    /// The Frobenius norm.
    pub norm: f64,
    /// Share of values with |w| <= [`NEAR`] x deviation.
    pub near_zero: f64,
}

impl Statistics {
    /// Of `weight`, a tensor of any shape.
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

/// The sum of `term` over `values`.
fn sum(values: &[f32], term: impl Fn(f64) -> f64 + Sync) -> f64 {
    let pieces: Vec<f64> =
        values.par_chunks(PIECE).map(|piece| piece.iter().map(|v| term(f64::from(*v))).sum()).collect();
    pieces.iter().sum()
}

/// How far `after` lies from `before`, in parts of the norm of `before`; `None` where that is 0.
pub(crate) fn moved(before: &ArrayD<f32>, after: &ArrayD<f32>) -> Option<f64> {
    let square = |v: f64| v * v;
    let apart: f64 = before.iter().zip(after).map(|(b, a)| square(f64::from(*a) - f64::from(*b))).sum();
    let norm: f64 = before.iter().map(|b| square(f64::from(*b))).sum();
    (norm > 0.0).then(|| (apart / norm).sqrt())
}

/// Counts of values in [`BARS`] equal steps.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Histogram {
    /// Where the first step begins; the last one ends at its negative.
    pub low: f64,
    /// How many values lie in each step.
    pub counts: Vec<u64>,
}

impl Histogram {
    /// Of `weight`, from `-extent` to `extent`, which all values have to lie within; every step holds its lower edge,
    /// and the last one its upper edge too.
    pub fn of(weight: &ArrayD<f32>, extent: f64) -> Self {
        let mut counts = vec![0; BARS];
        for value in weight {
            let place = (f64::from(*value) + extent) / (2.0 * extent) * BARS as f64;
            counts[(place.max(0.0) as usize).min(BARS - 1)] += 1;
        }
        Self { low: -extent, counts }
    }

    /// Lower edge, upper edge and count of each step.
    pub fn bars(&self) -> impl Iterator<Item = (f64, f64, u64)> {
        let edge = |place: usize| self.low - 2.0 * self.low * place as f64 / BARS as f64;
        self.counts.iter().enumerate().map(move |(place, count)| (edge(place), edge(place + 1), *count))
    }
}

/// The largest absolute value of some weights; 1 where all are 0.
pub(crate) fn extent<'a>(weights: impl IntoIterator<Item = &'a ArrayD<f32>>) -> f64 {
    let most = weights.into_iter().flatten().fold(0.0_f32, |most, v| most.max(v.abs()));
    if most > 0.0 && most.is_finite() { f64::from(most) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn figures_are_those_of_numpy() {
        // a = np.array([[-3, 0.05], [0, 1]]); a.mean(), a.std(), np.linalg.norm(a), (abs(a) <= 0.1 * a.std()).mean()
        let found = Statistics::of(&array![[-3.0f32, 0.05], [0.0, 1.0]].into_dyn());
        let expected = [-0.487_499_99, 1.504_316_7, 3.162_672_9, 0.5];
        for (found, expected) in [found.mean, found.deviation, found.norm, found.near_zero].iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
        assert_eq!(found.values, 4);
        assert!((Statistics::of(&array![2.0f32, 2.0].into_dyn()).near_zero) < 1e-9, "a constant is not near 0");
    }

    #[test]
    fn the_distance_is_in_parts_of_the_first_norm() {
        let before = array![3.0f32, 4.0].into_dyn();
        assert_eq!(moved(&before, &array![3.0f32, 4.0].into_dyn()), Some(0.0));
        assert_eq!(moved(&before, &array![3.0f32, 5.0].into_dyn()), Some(0.2));
        assert_eq!(moved(&array![0.0f32].into_dyn(), &array![1.0f32].into_dyn()), None);
    }

    #[test]
    fn every_value_is_in_one_step() {
        let weight = array![-2.0f32, -1.99, 0.0, 0.01, 2.0].into_dyn();
        let histogram = Histogram::of(&weight, extent([&weight]));
        assert_eq!(histogram.counts.iter().sum::<u64>(), 5);
        let filled: Vec<_> = histogram.bars().filter(|(_, _, count)| *count > 0).collect();
        assert_eq!(filled.iter().map(|bar| bar.2).collect::<Vec<_>>(), [2, 2, 1]);
        assert!((filled[0].0 + 2.0).abs() < 1e-12 && (filled[2].1 - 2.0).abs() < 1e-12);
        assert!(filled[1].0.abs() < 1e-12, "0 begins a step");
    }
}
