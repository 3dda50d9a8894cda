//! Which images are looked into: by default the best, the worst and the least certain of each class; or those that
//! the configuration names, from the data set ([`asked`]) or from anywhere ([`given`]).

use std::collections::BTreeSet;

use anyhow::Result;
use contract::{Artifact, ChosenRow, Dataset, ImageRow, Judgement, Metrics, Why};
use pipeline::HintExt;
use pipeline::error::UsageError;

use crate::given;
use crate::tuned::Tuned;
use crate::view::Run;

/// An image to look into.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chosen {
    /// Its place in the data set; none for an image from elsewhere.
    place: Option<usize>,
    /// The image, where it is from elsewhere.
    given: Option<ImageRow>,
    /// Why it was chosen.
    pub why: Why,
}

impl Chosen {
    fn from_dataset(place: usize, why: Why) -> Self {
        Self { place: Some(place), given: None, why }
    }

    /// An image of the user's own.
    pub fn given(image: ImageRow) -> Self {
        Self { place: None, given: Some(image), why: Why::Given }
    }

    /// The image's row of `dataset.csv`; of an image from elsewhere, what its row would be, its file named in full.
    pub fn of<'a>(&'a self, dataset: &'a Dataset) -> &'a ImageRow {
        match (&self.given, self.place) {
            (Some(image), _) => image,
            (None, place) => &dataset.images[place.unwrap_or_default()],
        }
    }
}

/// The images to look into: those that the configuration names, otherwise some of each class. Writes `pictures.csv`,
/// a row for each; and, where files were given, `rejects.csv` with those that cannot be used.
pub(crate) fn choose(run: &Run, tuned: &Tuned, dataset: &Dataset) -> Result<Vec<Chosen>> {
    let config = &run.config.analyze;
    let mut chosen = asked(&config.pictures, dataset)?;
    chosen.extend(given::read(run, tuned, dataset)?);
    if config.pictures.is_empty() && config.images.is_empty() {
        let judgements = Judgement::read(run.artifacts(), dataset)?;
        let split = Metrics::read(run.artifacts())?.split;
        let classes = 0..dataset.classes.len();
        chosen = classes
            .flat_map(|class| {
                let own: Vec<&Judgement> = judgements.iter().filter(|p| p.label == class).collect();
                if own.is_empty() {
                    let name = dataset.classes.get(class).map_or("?", String::as_str);
                    run.say(&format!("class `{name}` has no image in the {split} split to analyze"));
                }
                of_class(&own, config.pictures_per_class)
            })
            .collect();
    }
    let mut seen = BTreeSet::new();
    chosen.retain(|chosen| seen.insert(chosen.of(dataset).id.clone()));
    let row = |chosen: &Chosen| {
        let image = chosen.of(dataset).clone();
        ChosenRow { id: image.id, class: image.label, why: chosen.why, source: image.source }
    };
    chosen.iter().map(row).collect::<Vec<_>>().write(run)?;
    Ok(chosen)
}

/// The images that the configuration names by their ids.
pub(crate) fn asked(ids: &[String], dataset: &Dataset) -> Result<Vec<Chosen>> {
    let find = |id: &String| {
        let place = dataset.images.iter().position(|image| image.id == *id);
        let place = place.ok_or_else(|| {
            let mut known: Vec<&str> = dataset.images.iter().map(|image| image.id.as_str()).collect();
            known.retain(|known| known.starts_with(id.get(..4).unwrap_or(id)));
            let like = known.first().map(|known| format!("; did you mean `{known}`?")).unwrap_or_default();
            UsageError(format!("`analyze.pictures` names image `{id}`, which is not in dataset.csv{like}"))
        });
        place.map(|place| Chosen::from_dataset(place, Why::Requested))
    };
    ids.iter().map(find).collect::<Result<_, _>>().hint("the ids are the first column of preprocess/dataset.csv")
}

/// Up to `count` images of one class: the best, the worst, the least certain, the next best and so on.
fn of_class(own: &[&Judgement], count: usize) -> Vec<Chosen> {
    let order = |key: fn(&Judgement) -> f64| {
        let mut sorted = own.to_vec();
        sorted.sort_by(|a, b| key(a).total_cmp(&key(b)).then(a.image.cmp(&b.image)));
        sorted
    };
    let orders = [
        (Why::Best, order(|p| -p.of_label())),
        (Why::Worst, order(Judgement::of_label)),
        (Why::LeastCertain, order(Judgement::lead)),
    ];
    let mut seen = BTreeSet::new();
    let mut chosen = Vec::new();
    for turn in 0..count.min(own.len()) {
        let (why, sorted) = &orders[turn % orders.len()];
        if let Some(next) = sorted.iter().find(|p| !seen.contains(&p.image)) {
            seen.insert(next.image);
            chosen.push(Chosen::from_dataset(next.image, *why));
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prediction(image: usize, first: f64) -> Judgement {
        let probabilities = vec![first, 0.9 - first, 0.1];
        Judgement { image, label: 0, predicted: 0, probabilities }
    }

    #[test]
    fn best_worst_and_least_certain_in_turn_and_none_twice() {
        let own = [prediction(3, 0.8), prediction(5, 0.1), prediction(7, 0.46), prediction(9, 0.7)];
        let own: Vec<&Judgement> = own.iter().collect();
        let images = |count| of_class(&own, count).iter().filter_map(|c| Some((c.place?, c.why))).collect::<Vec<_>>();
        assert_eq!(images(3), [(3, Why::Best), (5, Why::Worst), (7, Why::LeastCertain)]);
        assert_eq!(images(9).len(), 4, "no more than there are");
        assert_eq!(images(9)[3], (9, Why::Best));
        assert!(of_class(&[], 3).is_empty(), "a class without images");
    }
}
