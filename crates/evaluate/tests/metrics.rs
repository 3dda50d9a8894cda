//! Compares the metrics with scikit-learn, and tests their properties on random predictions.

#![allow(clippy::unwrap_used, clippy::float_cmp)]

use evaluate::{Confusion, Outcomes, calibration, top_images, wilson};
use ndarray::{Array2, Axis};
use proptest::prelude::*;
use serde_json::Value;

/// Returns the values that `reference/metrics.py` has written.
fn reference() -> Value {
    serde_json::from_str(include_str!("reference/metrics.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn outcomes(reference: &Value) -> Outcomes {
    let labels = numbers(&reference["labels"]).into_iter().map(|label| label as usize).collect();
    let rows: Vec<Vec<f64>> = reference["probabilities"].as_array().unwrap().iter().map(numbers).collect();
    let probabilities = Array2::from_shape_vec((rows.len(), rows[0].len()), rows.concat()).unwrap();
    Outcomes::new(labels, probabilities).unwrap()
}

#[track_caller]
fn same(ours: f64, theirs: &Value) {
    let theirs = theirs.as_f64().unwrap();
    assert!((ours - theirs).abs() < 1e-9, "{ours} differs from {theirs}");
}

#[test]
fn the_metrics_equal_those_of_scikit_learn() {
    let reference = reference();
    let outcomes = outcomes(&reference);
    let confusion = Confusion::new(&outcomes);
    same(outcomes.accuracy(), &reference["accuracy"]);
    same(confusion.accuracy(), &reference["accuracy"]);
    same(outcomes.top_k(3), &reference["top3"]);
    same(outcomes.top_k(5), &reference["top5"]);
    same(outcomes.log_loss(), &reference["log_loss"]);
    same(outcomes.brier(), &reference["brier"]);
    same(confusion.macro_f1(), &reference["macro_f1"]);
    let bins = calibration::bins(&outcomes, reference["bins"].as_u64().unwrap() as usize);
    same(calibration::expected_error(&bins), &reference["ece"]);
    for (class, scores) in confusion.per_class().iter().enumerate() {
        same(scores.precision, &reference["precision"][class]);
        same(scores.recall, &reference["recall"][class]);
        same(scores.f1, &reference["f1"][class]);
        same(scores.support as f64, &reference["support"][class]);
        let row: Vec<f64> = confusion.counts().row(class).iter().map(|count| *count as f64).collect();
        assert_eq!(row, numbers(&reference["confusion"][class]));
    }
}

#[test]
fn inconsistent_outcomes_are_an_error() {
    let refused = |labels: Vec<usize>, probabilities: Array2<f64>| Outcomes::new(labels, probabilities).is_err();
    assert!(refused(vec![], Array2::zeros((0, 3))));
    assert!(refused(vec![], Array2::zeros((1, 3))));
    assert!(refused(vec![3], Array2::zeros((1, 3))));
    assert!(refused(vec![0], Array2::from_elem((1, 3), f64::NAN)));
    assert!(refused(vec![0], Array2::from_elem((1, 3), 2.0)));
}

#[test]
fn the_selected_images_are_in_order() {
    let probabilities = ndarray::array![[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]];
    let outcomes = Outcomes::new(vec![0, 0, 1, 1], probabilities).unwrap();
    assert_eq!(top_images::highest(&outcomes, 2), [[0, 2], [1, 3]]);
    assert_eq!(top_images::highest(&outcomes, 9)[1], [1, 3, 2, 0]);
    assert_eq!(top_images::misclassified(&outcomes), [1, 2]);
}

#[test]
fn equal_probabilities_predict_the_first_class() {
    let outcomes = Outcomes::new(vec![0, 1], Array2::from_elem((2, 2), 0.5)).unwrap();
    assert_eq!(outcomes.predicted(), [0, 0]);
    assert_eq!((outcomes.top_k(1), outcomes.top_k(2)), (0.5, 1.0));
}

#[test]
fn a_bin_contains_its_upper_end_but_not_its_lower() {
    let outcomes = Outcomes::new(vec![0, 0], ndarray::array![[0.5, 0.5], [0.75, 0.25]]).unwrap();
    let counts = |bins| calibration::bins(&outcomes, bins).iter().map(|bin| bin.images).collect::<Vec<_>>();
    assert_eq!(counts(4), [0, 1, 1, 0]);
    assert_eq!(counts(1), [2]);
    // Two right predictions with 0.5 and 0.75. Their mean distance from 1 is 0.375.
    assert!((calibration::expected_error(&calibration::bins(&outcomes, 4)) - 0.375).abs() < 1e-12);
}

/// Generates outcomes: labels, and rows of positive numbers that add up to 1.
fn any_outcomes() -> impl Strategy<Value = Outcomes> {
    (1_usize..40, 1_usize..8).prop_flat_map(|(images, classes)| {
        let scores = prop::collection::vec(0.001_f64..1.0, images * classes);
        (prop::collection::vec(0..classes, images), scores).prop_map(move |(labels, scores)| {
            let mut rows = Array2::from_shape_vec((images, classes), scores).unwrap();
            for mut row in rows.axis_iter_mut(Axis(0)) {
                let sum = row.sum();
                row /= sum;
            }
            Outcomes::new(labels, rows).unwrap()
        })
    })
}

proptest! {
    #[test]
    fn the_confusion_matrix_counts_every_image_once(outcomes in any_outcomes()) {
        let confusion = Confusion::new(&outcomes);
        prop_assert_eq!(confusion.counts().sum(), outcomes.len());
        let scores = confusion.per_class();
        prop_assert_eq!(scores.iter().map(|scores| scores.support).sum::<usize>(), outcomes.len());
        prop_assert!((confusion.accuracy() - outcomes.accuracy()).abs() < 1e-12);
        let mistakes = top_images::misclassified(&outcomes).len();
        prop_assert_eq!(mistakes, outcomes.len() - confusion.counts().diag().sum());
    }

    #[test]
    fn every_metric_is_in_its_range(outcomes in any_outcomes(), bins in 1_usize..20) {
        let confusion = Confusion::new(&outcomes);
        let bins = calibration::bins(&outcomes, bins);
        prop_assert_eq!(bins.iter().map(|bin| bin.images).sum::<usize>(), outcomes.len());
        for value in [outcomes.accuracy(), confusion.macro_f1(), calibration::expected_error(&bins)] {
            prop_assert!((0.0..=1.0).contains(&value), "{}", value);
        }
        prop_assert!(outcomes.log_loss() >= 0.0);
        prop_assert!((0.0..=2.0).contains(&outcomes.brier()));
        let mut before = 0.0;
        for k in 1..=outcomes.classes() {
            prop_assert!(outcomes.top_k(k) >= before);
            before = outcomes.top_k(k);
        }
        prop_assert_eq!(outcomes.top_k(1), outcomes.accuracy());
        prop_assert_eq!(before, 1.0);
    }

    #[test]
    fn the_interval_contains_the_share_and_has_a_width(images in 1_usize..10_000, part in 0.0..=1.0_f64) {
        let hits = (images as f64 * part) as usize;
        let [low, high] = wilson::interval(hits, images);
        let share = hits as f64 / images as f64;
        prop_assert!(0.0 <= low && low <= share && share <= high && high <= 1.0);
        prop_assert!(low < high, "{hits} of {images}: {low} to {high}");
    }
}

#[test]
fn the_interval_of_the_accuracy_equals_that_of_scipy_and_statsmodels() {
    let cases: Value = serde_json::from_str(include_str!("reference/wilson.json")).unwrap();
    let count = |value: &Value| value.as_u64().unwrap() as usize;
    for case in cases.as_array().unwrap() {
        let [low, high] = wilson::interval(count(&case["hits"]), count(&case["images"]));
        same(low, &case["low"]);
        same(high, &case["high"]);
    }
}
