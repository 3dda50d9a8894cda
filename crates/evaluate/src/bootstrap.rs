//! Confidence intervals by the percentile bootstrap (Efron 1979). They express the uncertainty from the choice of test images.

use rand::{Rng, RngExt};

/// The share of the resamples in an interval.
const COVERAGE: f64 = 0.95;

/// Returns the 95 % percentile interval `[low, high]` of `statistic` over `samples` resamples of `images` images.
///
/// Each resample draws `images` images with replacement. `statistic` receives their indices.
///
/// # Panics
/// Panics when `images` or `samples` is 0.
pub fn interval(
    images: usize,
    samples: usize,
    rng: &mut impl Rng,
    mut statistic: impl FnMut(&[usize]) -> f64,
) -> [f64; 2] {
    assert!(images > 0 && samples > 0, "the bootstrap needs images and resamples");
    let mut drawn = vec![0; images];
    let mut values: Vec<f64> = (0..samples)
        .map(|_| {
            drawn.fill_with(|| rng.random_range(0..images));
            statistic(&drawn)
        })
        .collect();
    values.sort_by(f64::total_cmp);
    [percentile(&values, (1.0 - COVERAGE) / 2.0), percentile(&values, f64::midpoint(1.0, COVERAGE))]
}

/// Returns the quantile `at` of the sorted values, interpolated linearly between neighbours.
fn percentile(sorted: &[f64], at: f64) -> f64 {
    let place = at * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_interpolated_between_neighbours() {
        let sorted = [1.0, 2.0, 4.0];
        for (at, expected) in [(0.0, 1.0), (0.25, 1.5), (0.5, 2.0), (0.75, 3.0), (1.0, 4.0)] {
            assert!((percentile(&sorted, at) - expected).abs() < 1e-12, "{at}");
        }
        assert!((percentile(&[7.0], 0.975) - 7.0).abs() < 1e-12);
    }
}
