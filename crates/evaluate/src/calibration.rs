//! Calibration: whether predictions with a confidence of 0.9 are right nine times in ten (Guo et al. 2017).

use contract::CalibrationBin;

use crate::Outcomes;

/// Returns the predictions in `bins` bins of equal width over the confidence.
///
/// # Panics
/// Panics when `bins` is 0.
pub fn bins(outcomes: &Outcomes, bins: usize) -> Vec<CalibrationBin> {
    assert!(bins > 0, "calibration needs at least one bin");
    let mut sums = vec![(0_usize, 0.0, 0.0); bins];
    for image in 0..outcomes.len() {
        let confidence = outcomes.confidence(image);
        let place = ((confidence * bins as f64).ceil() as usize).clamp(1, bins) - 1;
        let (images, confidences, right) = &mut sums[place];
        *images += 1;
        *confidences += confidence;
        *right += f64::from(u8::from(outcomes.correct(image)));
    }
    let edge = |bin: usize| bin as f64 / bins as f64;
    let bin = |(place, (images, confidences, right)): (usize, (usize, f64, f64))| {
        // An empty bin has no mean. A 0 would be drawn as a point.
        let mean = |sum: f64| (images > 0).then(|| sum / images as f64);
        let (confidence, accuracy) = (mean(confidences), mean(right));
        CalibrationBin { low: edge(place), high: edge(place + 1), images, confidence, accuracy }
    };
    sums.into_iter().enumerate().map(bin).collect()
}

/// Returns the expected calibration error: the mean distance between accuracy and confidence over the bins.
///
/// The mean is weighted by the number of predictions in each bin. The result is in [0, 1], and 0 is best.
pub fn expected_error(bins: &[CalibrationBin]) -> f64 {
    let all: usize = bins.iter().map(|bin| bin.images).sum();
    let distance = |bin: &CalibrationBin| (bin.accuracy.unwrap_or(0.0) - bin.confidence.unwrap_or(0.0)).abs();
    let weighted = bins.iter().map(|bin| bin.images as f64 * distance(bin));
    weighted.sum::<f64>() / all.max(1) as f64
}
