//! Which pictures are looked into: by default the best, the worst and the least certain of each class.

use std::collections::BTreeSet;

use anyhow::Result;
use pipeline::HintExt;
use pipeline::config::Analyze;
use pipeline::dataset::{Dataset, Picture};
use pipeline::error::UsageError;

use crate::upstream::{Prediction, Results};

/// Why a picture was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// Its label has the highest probability in its class.
    Best,
    /// Its label has the lowest.
    Worst,
    /// The first class leads the second the least.
    LeastCertain,
    /// The configuration names it.
    Asked,
}

impl Why {
    /// In words, for a caption.
    pub fn words(self) -> &'static str {
        match self {
            Self::Best => "best of its class",
            Self::Worst => "worst of its class",
            Self::LeastCertain => "least certain of its class",
            Self::Asked => "asked for",
        }
    }
}

/// A picture to look into.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chosen {
    /// Its place in the data set.
    pub picture: usize,
    /// Why it was chosen.
    pub why: Why,
}

impl Chosen {
    /// The picture's row of `dataset.csv`.
    pub fn of<'a>(&self, dataset: &'a Dataset) -> &'a Picture {
        &dataset.pictures[self.picture]
    }
}

/// The pictures to look into, class by class.
pub(crate) fn choose(config: &Analyze, dataset: &Dataset, results: &Results) -> Result<Vec<Chosen>> {
    if !config.pictures.is_empty() {
        return asked(&config.pictures, dataset);
    }
    let classes = 0..dataset.classes.len();
    Ok(classes
        .flat_map(|class| {
            let own: Vec<&Prediction> = results.predictions.iter().filter(|p| p.label == class).collect();
            of_class(&own, config.pictures_per_class)
        })
        .collect())
}

/// The pictures that the configuration names.
pub(crate) fn asked(ids: &[String], dataset: &Dataset) -> Result<Vec<Chosen>> {
    let mut seen = BTreeSet::new();
    let mut chosen = Vec::new();
    for id in ids {
        let place = dataset.pictures.iter().position(|picture| picture.id == *id);
        let picture = place
            .ok_or_else(|| UsageError(format!("`analyze.pictures` names picture `{id}`, which is not in dataset.csv")))
            .hint("the ids are the first column of preprocess/dataset.csv")?;
        if seen.insert(picture) {
            chosen.push(Chosen { picture, why: Why::Asked });
        }
    }
    Ok(chosen)
}

/// Up to `count` pictures of one class: the best, the worst, the least certain, the next best and so on.
fn of_class(own: &[&Prediction], count: usize) -> Vec<Chosen> {
    let order = |key: fn(&Prediction) -> f64| {
        let mut sorted = own.to_vec();
        sorted.sort_by(|a, b| key(a).total_cmp(&key(b)).then(a.picture.cmp(&b.picture)));
        sorted
    };
    let orders = [
        (Why::Best, order(|p| -p.of_label())),
        (Why::Worst, order(Prediction::of_label)),
        (Why::LeastCertain, order(Prediction::lead)),
    ];
    let mut seen = BTreeSet::new();
    let mut chosen = Vec::new();
    for turn in 0..count.min(own.len()) {
        let (why, sorted) = &orders[turn % orders.len()];
        if let Some(next) = sorted.iter().find(|p| !seen.contains(&p.picture)) {
            seen.insert(next.picture);
            chosen.push(Chosen { picture: next.picture, why: *why });
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prediction(picture: usize, first: f64) -> Prediction {
        let probabilities = vec![first, 0.9 - first, 0.1];
        Prediction { picture, label: 0, predicted: 0, probabilities }
    }

    #[test]
    fn best_worst_and_least_certain_in_turn_and_none_twice() {
        let own = [prediction(3, 0.8), prediction(5, 0.1), prediction(7, 0.46), prediction(9, 0.7)];
        let own: Vec<&Prediction> = own.iter().collect();
        let pictures = |count| of_class(&own, count).iter().map(|c| (c.picture, c.why)).collect::<Vec<_>>();
        assert_eq!(pictures(3), [(3, Why::Best), (5, Why::Worst), (7, Why::LeastCertain)]);
        assert_eq!(pictures(9).len(), 4, "no more than there are");
        assert_eq!(pictures(9)[3], (9, Why::Best));
        assert!(of_class(&[], 3).is_empty(), "a class without pictures");
    }
}
