//! Predictions joined with the data set. Indices replace the ids of images and the names of classes.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use pipeline::{HintExt, run_again};

use super::dataset::Dataset;
use super::predictions::{Prediction, Predictions};
use crate::artifact::Artifact;

/// The prediction for one image of the data set.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// Place of the image in [`Dataset::images`].
    pub image: usize,
    /// Place of its label in [`Dataset::classes`].
    pub label: usize,
    /// Place of the predicted class in [`Dataset::classes`].
    pub predicted: usize,
    /// Probability of each class, in the order of [`Dataset::classes`].
    pub probabilities: Vec<f64>,
}

impl Judgement {
    /// Reads `predictions.csv` below `artifacts`, in the order of the file.
    ///
    /// # Errors
    /// Returns an error when the file does not fit the data set.
    pub fn read(artifacts: &Path, dataset: &Dataset) -> Result<Vec<Self>> {
        let found = Predictions::read(artifacts)?;
        let damaged = || format!("{} does not fit the data set", Predictions::FILE);
        join(&found, dataset).with_context(damaged).hint(run_again(Predictions::STAGE))
    }

    /// Returns whether the predicted class is the label.
    pub fn is_right(&self) -> bool {
        self.label == self.predicted
    }

    /// Returns the probability of the label, in [0, 1].
    pub fn of_label(&self) -> f64 {
        self.probabilities[self.label]
    }

    /// Returns the lead of the most probable class over the second, in [0, 1]: 0 is undecided, 1 is certain.
    pub fn lead(&self) -> f64 {
        let mut sorted = self.probabilities.clone();
        sorted.sort_by(|a, b| b.total_cmp(a));
        sorted.first().copied().unwrap_or(1.0) - sorted.get(1).copied().unwrap_or(0.0)
    }
}

fn join(found: &Predictions, dataset: &Dataset) -> Result<Vec<Judgement>> {
    ensure!(
        found.classes == dataset.classes,
        "it has the classes {}, and the data set has {}",
        found.classes.join(", "),
        dataset.classes.join(", ")
    );
    let places: BTreeMap<&str, usize> =
        dataset.images.iter().enumerate().map(|(place, image)| (image.id.as_str(), place)).collect();
    let class = |name: &str| {
        let place = dataset.classes.iter().position(|class| class == name);
        place.with_context(|| format!("it names the class `{name}`, which the data set does not have"))
    };
    let judgement = |row: &Prediction| {
        let place = places.get(row.id.as_str()).copied();
        Ok(Judgement {
            image: place.with_context(|| format!("it names image {}, which the data set does not have", row.id))?,
            label: class(&row.label)?,
            predicted: class(&row.predicted)?,
            probabilities: row.probabilities.clone(),
        })
    };
    found.rows.iter().map(judgement).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lead_is_between_the_two_most_probable_classes() {
        let judgement = Judgement { image: 0, label: 0, predicted: 1, probabilities: vec![0.2, 0.7, 0.1] };
        assert!((judgement.lead() - 0.5).abs() < 1e-12 && !judgement.is_right());
        assert!((judgement.of_label() - 0.2).abs() < 1e-12);
    }
}
