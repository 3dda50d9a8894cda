//! The result of one measurement. Each side prints it as one line of JSON.

use serde::{Deserialize, Serialize};

/// The result of one process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// The side: `Tunescope`, `PyTorch` or `TensorFlow`.
    pub(crate) who: String,
    /// The version of the side.
    pub(crate) version: String,
    /// The depth.
    pub(crate) depth: String,
    /// The wall time of all epochs in seconds. For Tunescope it includes the pass that fills the cache.
    pub(crate) seconds: f64,
    /// The part of `seconds` for filling the cache.
    #[serde(default)]
    pub(crate) caching_seconds: f64,
    /// The processor time of all threads during `seconds`.
    pub(crate) cpu_seconds: f64,
    /// The number of images in all epochs.
    pub(crate) images: usize,
    /// The peak resident memory in KiB.
    pub(crate) peak_kib: u64,
    /// The peak resident memory before the network was built, in KiB. It is the memory of the framework itself.
    pub(crate) loaded_kib: u64,
    /// The cross-entropy of the last step in nats. It shows that the side learns.
    pub(crate) last_loss: f64,
}

impl Measured {
    /// Returns the images per second.
    pub(crate) fn rate(&self) -> f64 {
        self.images as f64 / self.seconds
    }
}

/// Returns the median. For an even number of values it is the mean of the two in the middle.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.as_slice() {
        [] => f64::NAN,
        sorted if sorted.len() % 2 == 0 => f64::midpoint(sorted[half - 1], sorted[half]),
        sorted => sorted[half],
    }
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_of_odd_and_even_numbers_of_values() {
        assert!((median([3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median([4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < f64::EPSILON);
        assert!(median([]).is_nan());
    }
}
