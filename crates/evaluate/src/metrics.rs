//! Computes the metrics in `metrics.json` from one set of outcomes.

use contract::{Metrics, SplitMetrics};

use crate::predictions::Judged;
use crate::{Confusion, calibration, wilson};

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

/// Returns the metrics of `test`, with `bins` bins of calibration.
pub fn of_test(test: &Judged, splits: Vec<SplitMetrics>, classes: &[String], bins: usize) -> Metrics {
    let outcomes = &test.outcomes;
    let confusion = Confusion::new(outcomes);
    Metrics {
        split: test.split,
        images: outcomes.len(),
        accuracy: confusion.accuracy(),
        accuracy_interval: wilson::interval(outcomes.hits(), outcomes.len()),
        top5: outcomes.top_k(5),
        macro_f1: confusion.macro_f1(),
        ece: calibration::expected_error(&calibration::bins(outcomes, bins)),
        log_loss: outcomes.log_loss(),
        brier: outcomes.brier(),
        splits,
        classes: classes.to_vec(),
    }
}
