//! The stage's files: the tables of the test split, each number with its picture.

use crate::view::Run;
use anyhow::Result;

use crate::calibration::Bin;
use crate::metrics::Metrics;
use crate::predictions::Judged;
use crate::{Confusion, top_images};

/// File name of the metrics.
pub(crate) const METRICS: &str = "metrics.json";
pub(crate) const PER_CLASS: &str = "per_class.csv";
pub(crate) const CONFUSION: &str = "confusion_matrix.csv";
pub(crate) const MISCLASSIFIED: &str = "misclassified.csv";

/// Writes everything about the test split.
pub(crate) fn write(run: &Run, metrics: &Metrics, test: &Judged, bins: &[Bin]) -> Result<()> {
    let confusion = Confusion::new(&test.outcomes);
    run.write(METRICS, (serde_json::to_string_pretty(metrics)? + "\n").as_bytes())?;
    predictions(run, test, &metrics.classes)?;
    confusion_matrix(run, &confusion, &metrics.classes)?;
    per_class(run, &confusion, &metrics.classes)?;
    calibration(run, bins)?;
    highest(run, test, &metrics.classes)?;
    misclassified(run, test, &metrics.classes)
}

fn predictions(run: &Run, test: &Judged, classes: &[String]) -> Result<()> {
    let mut header: Vec<String> =
        ["id", "path", "source", "split", "label", "predicted", "correct", "confidence"].map(str::to_owned).into();
    header.extend(classes.iter().map(|class| format!("p_{class}")));
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let outcomes = &test.outcomes;
    let rows = test.pictures.iter().enumerate().map(|(at, picture)| {
        let mut row = vec![
            picture.id.clone(),
            picture.path.clone(),
            picture.source.clone(),
            picture.split.to_string(),
            picture.label.clone(),
            classes[outcomes.predicted()[at]].clone(),
            outcomes.correct(at).to_string(),
            probability(outcomes.confidence(at)),
        ];
        row.extend(outcomes.probabilities(at).iter().map(|value| probability(*value)));
        row
    });
    run.write_csv("predictions.csv", &header, rows)
}

fn confusion_matrix(run: &Run, confusion: &Confusion, classes: &[String]) -> Result<()> {
    let header: Vec<&str> = std::iter::once("label").chain(classes.iter().map(String::as_str)).collect();
    let rows = classes.iter().zip(confusion.counts().rows()).map(|(class, counts)| {
        std::iter::once(class.clone()).chain(counts.iter().map(ToString::to_string).collect::<Vec<_>>())
    });
    run.write_csv(CONFUSION, &header, rows)
}

fn per_class(run: &Run, confusion: &Confusion, classes: &[String]) -> Result<()> {
    let rows = classes.iter().zip(confusion.per_class()).map(|(class, scores)| {
        let ratios = [scores.precision, scores.recall, scores.f1].map(ratio);
        [class.clone()].into_iter().chain(ratios).chain([scores.support.to_string()])
    });
    run.write_csv(PER_CLASS, &["class", "precision", "recall", "f1", "support"], rows)
}

fn calibration(run: &Run, bins: &[Bin]) -> Result<()> {
    let rows = bins.iter().map(|bin| {
        // An empty bin has neither confidence nor accuracy; a 0 would be drawn as a point.
        let filled = |value: f64| if bin.pictures == 0 { String::new() } else { ratio(value) };
        [ratio(bin.low), ratio(bin.high), bin.pictures.to_string(), filled(bin.confidence), filled(bin.accuracy)]
    });
    run.write_csv("calibration.csv", &["low", "high", "pictures", "confidence", "accuracy"], rows)
}

fn highest(run: &Run, test: &Judged, classes: &[String]) -> Result<()> {
    let lists = top_images::highest(&test.outcomes, run.config.evaluate.top_images);
    let rows = lists.iter().enumerate().flat_map(|(class, pictures)| {
        pictures.iter().enumerate().map(move |(rank, at)| {
            let picture = test.pictures[*at];
            [
                classes[class].clone(),
                (rank + 1).to_string(),
                picture.id.clone(),
                picture.path.clone(),
                picture.source.clone(),
                picture.label.clone(),
                probability(test.outcomes.probabilities(*at)[class]),
            ]
        })
    });
    run.write_csv("top_images.csv", &["class", "rank", "id", "path", "source", "label", "probability"], rows)
}

fn misclassified(run: &Run, test: &Judged, classes: &[String]) -> Result<()> {
    let outcomes = &test.outcomes;
    let rows = top_images::misclassified(outcomes).into_iter().map(|at| {
        let picture = test.pictures[at];
        [
            picture.id.clone(),
            picture.path.clone(),
            picture.source.clone(),
            picture.label.clone(),
            classes[outcomes.predicted()[at]].clone(),
            probability(outcomes.confidence(at)),
            probability(outcomes.probabilities(at)[outcomes.labels()[at]]),
        ]
    });
    let header = ["id", "path", "source", "label", "predicted", "confidence", "p_label"];
    run.write_csv(MISCLASSIFIED, &header, rows)
}

/// A probability as the network gave it: the shortest text that reads back as the same float32.
fn probability(value: f64) -> String {
    (value as f32).to_string()
}

/// A ratio of small counts: six digits tell all of them apart.
fn ratio(value: f64) -> String {
    format!("{value:.6}")
}
