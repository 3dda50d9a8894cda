//! What a classifier said of pictures whose labels are known: the one input of every metric.

use anyhow::{Result, ensure};
use ndarray::{Array2, ArrayView1};

/// Labels and probabilities of some pictures, checked to fit together.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcomes {
    labels: Vec<usize>,
    probabilities: Array2<f64>,
    predicted: Vec<usize>,
}

impl Outcomes {
    /// `labels` holds a class index for each row of `probabilities`, `[n, classes]`.
    pub fn new(labels: Vec<usize>, probabilities: Array2<f64>) -> Result<Self> {
        let (rows, classes) = probabilities.dim();
        ensure!(rows > 0 && classes > 0, "there is no picture to judge by");
        ensure!(labels.len() == rows, "{} labels for {rows} predictions", labels.len());
        ensure!(labels.iter().all(|label| *label < classes), "a label that is none of the {classes} classes");
        let sound = |value: &f64| (-1e-6..=1.0 + 1e-6).contains(value);
        ensure!(probabilities.iter().all(sound), "the network gives probabilities outside 0 to 1");
        let predicted = probabilities.rows().into_iter().map(|row| highest(&row)).collect();
        Ok(Self { labels, probabilities, predicted })
    }

    /// Number of pictures, at least 1.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Number of classes, at least 1.
    pub fn classes(&self) -> usize {
        self.probabilities.ncols()
    }

    /// Class index of each picture's label.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// Index of each picture's most probable class; the first of equals.
    pub fn predicted(&self) -> &[usize] {
        &self.predicted
    }

    /// Probability of each class for one picture, `[classes]`.
    pub fn probabilities(&self, picture: usize) -> ArrayView1<'_, f64> {
        self.probabilities.row(picture)
    }

    /// Probability of the predicted class.
    pub fn confidence(&self, picture: usize) -> f64 {
        self.probabilities[[picture, self.predicted[picture]]]
    }

    /// Whether the predicted class is the label.
    pub fn correct(&self, picture: usize) -> bool {
        self.labels[picture] == self.predicted[picture]
    }

    /// Share of pictures whose prediction is the label, in [0, 1].
    pub fn accuracy(&self) -> f64 {
        self.share(|picture| self.correct(picture))
    }

    /// Share of pictures whose label is among the `k` most probable classes, in [0, 1].
    pub fn top_k(&self, k: usize) -> f64 {
        self.share(|picture| {
            let (row, label) = (self.probabilities(picture), self.labels[picture]);
            let before = |(class, value): (usize, &f64)| value.total_cmp(&row[label]).then(label.cmp(&class)).is_gt();
            row.iter().enumerate().filter(|entry| before(*entry)).count() < k
        })
    }

    /// Mean negative logarithm of the label's probability, 0 at best; one probability counts for no less
    /// than 2⁻²³, so that a single confident mistake stays finite.
    pub fn log_loss(&self) -> f64 {
        let least = f64::from(f32::EPSILON);
        self.mean(|picture| -self.probabilities[[picture, self.labels[picture]]].clamp(least, 1.0).ln())
    }

    /// Mean squared distance of the probabilities from certainty in the label, in [0, 2].
    pub fn brier(&self) -> f64 {
        self.mean(|picture| {
            let label = self.labels[picture];
            let distance = |(class, value): (usize, &f64)| (value - f64::from(u8::from(class == label))).powi(2);
            self.probabilities(picture).iter().enumerate().map(distance).sum()
        })
    }

    fn share(&self, holds: impl Fn(usize) -> bool) -> f64 {
        self.mean(|picture| f64::from(u8::from(holds(picture))))
    }

    fn mean(&self, value: impl Fn(usize) -> f64) -> f64 {
        (0..self.len()).map(value).sum::<f64>() / self.len() as f64
    }
}

fn highest(row: &ArrayView1<f64>) -> usize {
    let mut best = 0;
    for (class, value) in row.iter().enumerate() {
        if *value > row[best] {
            best = class;
        }
    }
    best
}
