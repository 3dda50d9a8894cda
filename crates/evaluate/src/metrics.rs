//! `metrics.json`: the numbers that judge a network, all of them from one set of outcomes.

use contract::Split;
use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::predictions::Judged;
use crate::{Confusion, bootstrap, calibration};

/// What is written to `metrics.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// The split that all numbers but `splits` are of.
    pub split: Split,
    /// Pictures in it.
    pub pictures: usize,
    /// Share of right predictions, in [0, 1].
    pub accuracy: f64,
    /// 95 % bootstrap interval of the accuracy.
    pub accuracy_interval: [f64; 2],
    /// Share of pictures whose label is among the five most probable classes, in [0, 1]; always 1 where
    /// there are no more than five.
    pub top5: f64,
    /// Mean of the classes' F1, in [0, 1].
    pub macro_f1: f64,
    /// Expected calibration error, in [0, 1], 0 at best.
    pub ece: f64,
    /// Mean negative logarithm of the label's probability, 0 at best.
    pub log_loss: f64,
    /// Mean squared distance of the probabilities from certainty in the label, in [0, 2], 0 at best.
    pub brier: f64,
    /// Resamples behind the interval.
    pub bootstrap_samples: usize,
    /// Each split beside the others: a gap between them is overfitting.
    pub splits: Vec<SplitMetrics>,
    /// Names of the classes, in the order of the probabilities.
    pub classes: Vec<String>,
}

/// The accuracy of one split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SplitMetrics {
    /// The split.
    pub split: Split,
    /// Pictures in it.
    pub pictures: usize,
    /// Share of right predictions, in [0, 1].
    pub accuracy: f64,
    /// Mean negative logarithm of the label's probability, 0 at best.
    pub log_loss: f64,
}

impl SplitMetrics {
    /// Of one split's pictures.
    pub fn new(judged: &Judged) -> Self {
        let outcomes = &judged.outcomes;
        Self {
            split: judged.split,
            pictures: outcomes.len(),
            accuracy: outcomes.accuracy(),
            log_loss: outcomes.log_loss(),
        }
    }
}

impl Metrics {
    /// Judges by `test`, with `bins` bins of calibration and `samples` resamples drawn from `rng`.
    pub fn new(
        test: &Judged,
        splits: Vec<SplitMetrics>,
        classes: &[String],
        bins: usize,
        samples: usize,
        rng: &mut impl Rng,
    ) -> Self {
        let outcomes = &test.outcomes;
        let confusion = Confusion::new(outcomes);
        let accuracy = |drawn: &[usize]| Confusion::of(outcomes, drawn.iter().copied()).accuracy();
        Self {
            split: test.split,
            pictures: outcomes.len(),
            accuracy: confusion.accuracy(),
            accuracy_interval: bootstrap::interval(outcomes.len(), samples, rng, accuracy),
            top5: outcomes.top_k(5),
            macro_f1: confusion.macro_f1(),
            ece: calibration::expected_error(&calibration::bins(outcomes, bins)),
            log_loss: outcomes.log_loss(),
            brier: outcomes.brier(),
            bootstrap_samples: samples,
            splits,
            classes: classes.to_vec(),
        }
    }
}
