//! Calibration: whether a confidence of 0.9 is right nine times in ten (Guo et al. 2017).

use crate::Outcomes;

/// The predictions whose confidence lies in (low, high]; the first bin holds 0 as well.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Lower end, not included.
    pub low: f64,
    /// Upper end, included.
    pub high: f64,
    /// Predictions in it.
    pub pictures: usize,
    /// Their mean confidence; 0 in an empty bin.
    pub confidence: f64,
    /// Share of them that are right; 0 in an empty bin.
    pub accuracy: f64,
}

/// The predictions in `bins` bins of equal width over the confidence.
///
/// # Panics
/// When `bins` is 0.
pub fn bins(outcomes: &Outcomes, bins: usize) -> Vec<Bin> {
    assert!(bins > 0, "calibration wants at least one bin");
    let edge = |bin: usize| bin as f64 / bins as f64;
    let mut table: Vec<Bin> = (0..bins)
        .map(|bin| Bin { low: edge(bin), high: edge(bin + 1), pictures: 0, confidence: 0.0, accuracy: 0.0 })
        .collect();
    for picture in 0..outcomes.len() {
        let confidence = outcomes.confidence(picture);
        let place = ((confidence * bins as f64).ceil() as usize).clamp(1, bins) - 1;
        table[place].pictures += 1;
        table[place].confidence += confidence;
        table[place].accuracy += f64::from(u8::from(outcomes.correct(picture)));
    }
    for bin in table.iter_mut().filter(|bin| bin.pictures > 0) {
        bin.confidence /= bin.pictures as f64;
        bin.accuracy /= bin.pictures as f64;
    }
    table
}

/// Expected calibration error: the mean distance of accuracy from confidence over the bins, each
/// weighted by its pictures; in [0, 1], 0 at best.
pub fn expected_error(bins: &[Bin]) -> f64 {
    let all: usize = bins.iter().map(|bin| bin.pictures).sum();
    let weighted = bins.iter().map(|bin| bin.pictures as f64 * (bin.accuracy - bin.confidence).abs());
    weighted.sum::<f64>() / all.max(1) as f64
}
