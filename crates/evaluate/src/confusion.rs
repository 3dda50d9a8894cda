//! The confusion matrix and the metrics that follow from it: accuracy, precision, recall, F1.

use ndarray::{Array2, Axis};

use crate::Outcomes;

/// How often the network predicts each class for each label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    counts: Array2<usize>,
}

/// The scores of one class. A ratio with the divisor 0 is 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassScores {
    /// The share of images of this class among those predicted as this class.
    pub precision: f64,
    /// The share of images predicted as this class among those of this class.
    pub recall: f64,
    /// The harmonic mean of precision and recall.
    pub f1: f64,
    /// The number of images of this class.
    pub support: usize,
}

impl Confusion {
    /// Counts all outcomes.
    pub fn new(outcomes: &Outcomes) -> Self {
        Self::of(outcomes, 0..outcomes.len())
    }

    /// Counts the outcomes of the images with the indices `images`. An index that occurs twice counts twice.
    pub fn of(outcomes: &Outcomes, images: impl IntoIterator<Item = usize>) -> Self {
        let mut counts = Array2::zeros((outcomes.classes(), outcomes.classes()));
        for image in images {
            counts[[outcomes.labels()[image], outcomes.predicted()[image]]] += 1;
        }
        Self { counts }
    }

    /// Returns the counts, `[label, prediction]`.
    pub fn counts(&self) -> &Array2<usize> {
        &self.counts
    }

    /// Returns the share of right predictions, in [0, 1].
    pub fn accuracy(&self) -> f64 {
        ratio(self.counts.diag().sum(), self.counts.sum())
    }

    /// Returns the scores of each class, in the order of the classes.
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

    /// Returns the unweighted mean of the classes' F1, in [0, 1].
    pub fn macro_f1(&self) -> f64 {
        self.per_class().iter().map(|scores| scores.f1).sum::<f64>() / self.counts.nrows() as f64
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
