//! The tables of the test split.

use crate::view::Run;
use anyhow::Result;
use contract::{
    Artifact, CalibrationBin, ClassScore, ConfusionMatrix, Metrics, Mistake, Prediction, Predictions, TopImage,
};

use crate::predictions::Judged;
use crate::{Confusion, top_images};

/// Writes everything about the test split.
pub(crate) fn write(run: &Run, metrics: &Metrics, test: &Judged, bins: &[CalibrationBin]) -> Result<()> {
    let classes = &metrics.classes;
    let confusion = Confusion::new(&test.outcomes);
    metrics.write(run)?;
    predictions(test, classes).write(run)?;
    confusion_matrix(&confusion, classes).write(run)?;
    class_scores(&confusion, classes).write(run)?;
    bins.to_vec().write(run)?;
    highest(test, classes, run.config.evaluate.top_images).write(run)?;
    misclassified(test, classes).write(run)
}

fn predictions(test: &Judged, classes: &[String]) -> Predictions {
    let outcomes = &test.outcomes;
    let rows = test.rows.iter().enumerate().map(|(at, image)| Prediction {
        id: image.id.clone(),
        path: image.path.clone(),
        source: image.source.clone(),
        split: image.split,
        label: image.label.clone(),
        predicted: classes[outcomes.predicted()[at]].clone(),
        correct: outcomes.correct(at),
        confidence: outcomes.confidence(at),
        probabilities: outcomes.probabilities(at).to_vec(),
    });
    Predictions { classes: classes.to_vec(), rows: rows.collect() }
}

fn confusion_matrix(confusion: &Confusion, classes: &[String]) -> ConfusionMatrix {
    let counts = confusion.counts().rows().into_iter().map(|row| row.iter().map(|count| *count as u64).collect());
    ConfusionMatrix { classes: classes.to_vec(), counts: counts.collect() }
}

fn class_scores(confusion: &Confusion, classes: &[String]) -> Vec<ClassScore> {
    let scores = classes.iter().zip(confusion.per_class()).map(|(class, scores)| ClassScore {
        class: class.clone(),
        precision: scores.precision,
        recall: scores.recall,
        f1: scores.f1,
        support: scores.support,
    });
    scores.collect()
}

fn highest(test: &Judged, classes: &[String], count: usize) -> Vec<TopImage> {
    let mut rows = Vec::new();
    for (class, images) in top_images::highest(&test.outcomes, count).into_iter().enumerate() {
        rows.extend(images.into_iter().enumerate().map(|(rank, at)| {
            let image = test.rows[at];
            TopImage {
                class: classes[class].clone(),
                rank: rank + 1,
                id: image.id.clone(),
                path: image.path.clone(),
                source: image.source.clone(),
                label: image.label.clone(),
                probability: test.outcomes.probabilities(at)[class],
            }
        }));
    }
    rows
}

fn misclassified(test: &Judged, classes: &[String]) -> Vec<Mistake> {
    let outcomes = &test.outcomes;
    let mistake = |at: usize| {
        let image = test.rows[at];
        Mistake {
            id: image.id.clone(),
            path: image.path.clone(),
            source: image.source.clone(),
            label: image.label.clone(),
            predicted: classes[outcomes.predicted()[at]].clone(),
            confidence: outcomes.confidence(at),
            p_label: outcomes.probabilities(at)[outcomes.labels()[at]],
        }
    };
    top_images::misclassified(outcomes).into_iter().map(mistake).collect()
}
