//! How far a number could be off by the luck of the test pictures: the percentile bootstrap (Efron 1979).

use rand::{Rng, RngExt};

/// Share of the resamples that lies within an interval.
const COVERAGE: f64 = 0.95;

/// The 95 % percentile interval `[low, high]` of `statistic` over `samples` resamples of `pictures`
/// pictures, each drawn with replacement. `statistic` is given the picture numbers of one resample.
///
/// # Panics
/// When `pictures` or `samples` is 0.
pub fn interval(
    pictures: usize,
    samples: usize,
    rng: &mut impl Rng,
    mut statistic: impl FnMut(&[usize]) -> f64,
) -> [f64; 2] {
    assert!(pictures > 0 && samples > 0, "nothing to resample");
    let mut drawn = vec![0; pictures];
    let mut values: Vec<f64> = (0..samples)
        .map(|_| {
            drawn.fill_with(|| rng.random_range(0..pictures));
            statistic(&drawn)
        })
        .collect();
    values.sort_by(f64::total_cmp);
    [percentile(&values, (1.0 - COVERAGE) / 2.0), percentile(&values, f64::midpoint(1.0, COVERAGE))]
}

/// The value below which the share `at` of the sorted values lies, interpolated between neighbours.
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
