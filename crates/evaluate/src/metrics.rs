//! Computes the metrics in `metrics.json` from one set of outcomes.

use contract::{Metrics, SplitMetrics};
use rand::Rng;

use crate::predictions::Judged;
use crate::{Confusion, bootstrap, calibration};

/// Returns how good the network is on one split.
pub fn of_split(judged: &Judged) -> SplitMetrics {
    let outcomes = &judged.outcomes;
    SplitMetrics {
        split: judged.split,
        images: outcomes.len(),
        accuracy: outcomes.accuracy(),
        log_loss: outcomes.log_loss(),
    }
}

/// Returns the metrics of `test`, with `bins` bins of calibration and `samples` resamples drawn from `rng`.
pub fn of_test(
    test: &Judged,
    splits: Vec<SplitMetrics>,
    classes: &[String],
    bins: usize,
    samples: usize,
    rng: &mut impl Rng,
) -> Metrics {
    let outcomes = &test.outcomes;
    let confusion = Confusion::new(outcomes);
    let accuracy = |drawn: &[usize]| Confusion::of(outcomes, drawn.iter().copied()).accuracy();
    Metrics {
        split: test.split,
        images: outcomes.len(),
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
