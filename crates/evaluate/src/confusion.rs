//! The confusion matrix, and what follows from it: accuracy, precision, recall, F1.

use ndarray::{Array2, Axis};

use crate::Outcomes;

/// How often each label was given each prediction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    counts: Array2<usize>,
}

/// How well one class is told from the others. A ratio whose divisor is 0 is 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassScores {
    /// Share of the pictures predicted as this class that are of it.
    pub precision: f64,
    /// Share of the pictures of this class that are predicted as it.
    pub recall: f64,
    /// Harmonic mean of precision and recall.
    pub f1: f64,
    /// Pictures of this class.
    pub support: usize,
}

impl Confusion {
    /// Counts all outcomes.
    pub fn new(outcomes: &Outcomes) -> Self {
        Self::of(outcomes, 0..outcomes.len())
    }

    /// Counts the outcomes of some pictures; one that is named twice counts twice.
    pub fn of(outcomes: &Outcomes, pictures: impl IntoIterator<Item = usize>) -> Self {
        let mut counts = Array2::zeros((outcomes.classes(), outcomes.classes()));
        for picture in pictures {
            counts[[outcomes.labels()[picture], outcomes.predicted()[picture]]] += 1;
        }
        Self { counts }
    }

    /// The counts, `[label, prediction]`.
    pub fn counts(&self) -> &Array2<usize> {
        &self.counts
    }

    /// Share of predictions that are right, in [0, 1].
    pub fn accuracy(&self) -> f64 {
        ratio(self.counts.diag().sum(), self.counts.sum())
    }

    /// The scores of each class, in the order of the classes.
    pub fn per_class(&self) -> Vec<ClassScores> {
        let (labelled, predicted) = (self.counts.sum_axis(Axis(1)), self.counts.sum_axis(Axis(0)));
        let scores = |class| {
            let right = self.counts[[class, class]];
            ClassScores {
                precision: ratio(right, predicted[class]),
                recall: ratio(right, labelled[class]),
                f1: ratio(2 * right, labelled[class] + predicted[class]),
                support: labelled[class],
            }
        };
        (0..self.counts.nrows()).map(scores).collect()
    }

    /// Mean of the classes' F1, each class alike, in [0, 1].
    pub fn macro_f1(&self) -> f64 {
        self.per_class().iter().map(|scores| scores.f1).sum::<f64>() / self.counts.nrows() as f64
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
