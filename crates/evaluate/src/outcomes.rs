//! The predictions for images with known labels. They are the input of every metric.

use anyhow::{Context, Result, ensure};
use inference::argmax;
use ndarray::{Array2, ArrayView1};

/// The labels and probabilities of some images. They are consistent with each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcomes {
    labels: Vec<usize>,
    probabilities: Array2<f64>,
    predicted: Vec<usize>,
}

impl Outcomes {
    /// Makes the outcomes of `n` images from their labels (class indices) and `probabilities`, `[n, classes]`.
    ///
    /// # Errors
    /// Returns an error when there are no images, a label is out of range, or a probability lies outside 0 to 1.
    pub fn new(labels: Vec<usize>, probabilities: Array2<f64>) -> Result<Self> {
        let (rows, classes) = probabilities.dim();
        ensure!(rows > 0 && classes > 0, "there are no images to evaluate");
        ensure!(labels.len() == rows, "there are {} labels for {rows} predictions", labels.len());
        ensure!(labels.iter().all(|label| *label < classes), "a label is not one of the {classes} classes");
        let sound = |value: &f64| (-1e-6..=1.0 + 1e-6).contains(value);
        ensure!(probabilities.iter().all(sound), "a probability of the network is outside 0 to 1");
        let best = |row: ArrayView1<f64>| argmax(row.iter().copied()).context("a row has no largest probability");
        let predicted = probabilities.rows().into_iter().map(best).collect::<Result<_>>()?;
        Ok(Self { labels, probabilities, predicted })
    }

    /// Returns the number of images, at least 1.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Returns the number of classes, at least 1.
    pub fn classes(&self) -> usize {
        self.probabilities.ncols()
    }

    /// Returns the class index of each image's label.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// Returns the index of each image's most probable class. The first of equal classes counts.
    pub fn predicted(&self) -> &[usize] {
        &self.predicted
    }

    /// Returns the probability of each class for one image, `[classes]`.
    pub fn probabilities(&self, image: usize) -> ArrayView1<'_, f64> {
        self.probabilities.row(image)
    }

    /// Returns the probability of the predicted class.
    pub fn confidence(&self, image: usize) -> f64 {
        self.probabilities[[image, self.predicted[image]]]
    }

    /// Returns whether the predicted class is the label.
    pub fn correct(&self, image: usize) -> bool {
        self.labels[image] == self.predicted[image]
    }

    /// Returns the number of right predictions.
    pub fn hits(&self) -> usize {
        (0..self.len()).filter(|image| self.correct(*image)).count()
    }

    /// Returns the share of right predictions, in [0, 1].
    pub fn accuracy(&self) -> f64 {
        self.share(|image| self.correct(image))
    }

    /// Returns the share of images whose label is among the `k` most probable classes, in [0, 1].
    pub fn top_k(&self, k: usize) -> f64 {
        self.share(|image| {
            let (row, label) = (self.probabilities(image), self.labels[image]);
            let before = |(class, value): (usize, &f64)| value.total_cmp(&row[label]).then(label.cmp(&class)).is_gt();
            row.iter().enumerate().filter(|entry| before(*entry)).count() < k
        })
    }

    /// Returns the mean negative logarithm of the label's probability, in nats. 0 is best.
    ///
    /// A probability counts as at least 2⁻²³, so that a single confident mistake has a finite loss.
    pub fn log_loss(&self) -> f64 {
        let least = f64::from(f32::EPSILON);
        // The logarithm of 1 is 0, and 0 - 0 has no minus sign.
        self.mean(|image| 0.0 - self.probabilities[[image, self.labels[image]]].clamp(least, 1.0).ln())
    }

    /// Returns the Brier score: the mean squared distance between the probabilities and the one-hot label, in [0, 2].
    pub fn brier(&self) -> f64 {
        self.mean(|image| {
            let label = self.labels[image];
            let distance = |(class, value): (usize, &f64)| (value - f64::from(u8::from(class == label))).powi(2);
            self.probabilities(image).iter().enumerate().map(distance).sum()
        })
    }

    fn share(&self, holds: impl Fn(usize) -> bool) -> f64 {
        self.mean(|image| f64::from(u8::from(holds(image))))
    }

    fn mean(&self, value: impl Fn(usize) -> f64) -> f64 {
        (0..self.len()).map(value).sum::<f64>() / self.len() as f64
    }
}
