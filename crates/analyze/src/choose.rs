//! Chooses the images that are analyzed one by one.
//!
//! These are the images that the configuration names by their ids or by their files. Otherwise they are the best, the worst
//! and the least certain images of each class.

use std::collections::BTreeSet;

use anyhow::Result;
use contract::{Artifact, ChosenRow, Dataset, Judgement, Metrics, Why};

use crate::selection::{self, Selected};
use crate::tuned::Tuned;
use crate::user_images;
use crate::view::Run;

/// Chooses the images and writes `pictures.csv`, with a row for each image.
///
/// Writes `rejects.csv` if the configuration names files. It lists the files that cannot be used.
///
/// # Errors
/// Returns an error when an id is not in the data set, or when the user named only files and none of them can be used.
pub(crate) fn choose(run: &Run, tuned: &Tuned, dataset: &Dataset) -> Result<Vec<Selected>> {
    let config = &run.config.analyze;
    let mut chosen = selection::by_id(&config.pictures, dataset)?;
    chosen.extend(user_images::read(run, tuned, dataset)?);
    if config.pictures.is_empty() && config.images.is_empty() {
        chosen = by_prediction(run, dataset)?;
    }
    let mut seen = BTreeSet::new();
    chosen.retain(|image| seen.insert(image.row(dataset).id.clone()));
    let row = |image: &Selected| {
        let row = image.row(dataset).clone();
        ChosenRow { id: row.id, class: row.label, why: image.why, source: row.source }
    };
    chosen.iter().map(row).collect::<Vec<_>>().write(run)?;
    Ok(chosen)
}

/// Chooses images of each class by the predictions of `evaluate`.
fn by_prediction(run: &Run, dataset: &Dataset) -> Result<Vec<Selected>> {
    let judgements = Judgement::read(run.artifacts(), dataset)?;
    let split = Metrics::read(run.artifacts())?.split;
    let mut chosen = Vec::new();
    for (class, name) in dataset.classes.iter().enumerate() {
        let own: Vec<&Judgement> = judgements.iter().filter(|judgement| judgement.label == class).collect();
        if own.is_empty() {
            run.say(&format!("class `{name}` has no image in the {split} split to analyze"));
        }
        chosen.extend(of_class(&own, run.config.analyze.pictures_per_class));
    }
    Ok(chosen)
}

/// Chooses up to `count` images of one class: the best, the worst, the least certain, the second best, and so on.
///
/// `own` are the predictions for the images of the class.
fn of_class(own: &[&Judgement], count: usize) -> Vec<Selected> {
    let order = |key: fn(&Judgement) -> f64| {
        let mut sorted = own.to_vec();
        sorted.sort_by(|a, b| key(a).total_cmp(&key(b)).then(a.image.cmp(&b.image)));
        sorted
    };
    let orders = [
        (Why::Best, order(|judgement| -judgement.of_label())),
        (Why::Worst, order(Judgement::of_label)),
        (Why::LeastCertain, order(Judgement::lead)),
    ];
    let mut seen = BTreeSet::new();
    let mut chosen = Vec::new();
    for turn in 0..count.min(own.len()) {
        let (why, sorted) = &orders[turn % orders.len()];
        if let Some(next) = sorted.iter().find(|judgement| !seen.contains(&judgement.image)) {
            seen.insert(next.image);
            chosen.push(Selected::from_dataset(next.image, *why));
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a prediction for an image of class 0, with the probability `first` of that class.
    fn prediction(image: usize, first: f64) -> Judgement {
        let probabilities = vec![first, 0.9 - first, 0.1];
        Judgement { image, label: 0, predicted: 0, probabilities }
    }

    #[test]
    fn best_worst_and_least_certain_images_alternate_without_repetition() {
        let own = [prediction(3, 0.8), prediction(5, 0.1), prediction(7, 0.46), prediction(9, 0.7)];
        let own: Vec<&Judgement> = own.iter().collect();
        let images = |count| of_class(&own, count).iter().filter_map(|c| Some((c.index()?, c.why))).collect::<Vec<_>>();
        assert_eq!(images(3), [(3, Why::Best), (5, Why::Worst), (7, Why::LeastCertain)]);
        assert_eq!(images(9).len(), 4, "the class has only four images");
        assert_eq!(images(9)[3], (9, Why::Best));
        assert!(of_class(&[], 3).is_empty(), "a class without images");
    }
}
