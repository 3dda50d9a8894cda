//! One measurement, as each side reports it: one line of JSON.

use serde::{Deserialize, Serialize};

/// What one process measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// `Tunescope`, `PyTorch` or `TensorFlow`.
    pub(crate) who: String,
    /// Its version.
    pub(crate) version: String,
    /// How deep it trained.
    pub(crate) depth: String,
    /// Wall time of all epochs, in seconds; of ours with the pass that fills the cache.
    pub(crate) seconds: f64,
    /// The part of `seconds` that filled the cache.
    #[serde(default)]
    pub(crate) caching_seconds: f64,
    /// Processor time of the same, over all threads.
    pub(crate) cpu_seconds: f64,
    /// Pictures that were trained on: pictures of the set times epochs.
    pub(crate) pictures: usize,
    /// The most memory that was resident, in KiB.
    pub(crate) peak_kib: u64,
    /// The most that was resident before the network was built: the framework itself.
    pub(crate) loaded_kib: u64,
    /// Cross-entropy of the last step, in nats: all sides learn.
    pub(crate) last_loss: f64,
}

impl Measured {
    /// Pictures a second.
    pub(crate) fn rate(&self) -> f64 {
        self.pictures as f64 / self.seconds
    }
}

/// The median; of an even number of values, the mean of the two in the middle.
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
    fn the_median_is_the_value_in_the_middle() {
        assert!((median([3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median([4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < f64::EPSILON);
        assert!(median([]).is_nan());
    }
}
