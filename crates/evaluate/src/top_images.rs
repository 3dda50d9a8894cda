//! The pictures worth a look: the highest probability in each class, and every mistake.

use crate::Outcomes;

/// For each class, the `count` pictures with the highest probability of it, highest first; equals in
/// their own order. The picture's label may be another one.
pub fn highest(outcomes: &Outcomes, count: usize) -> Vec<Vec<usize>> {
    let of_class = |class: usize| {
        let value = |picture: usize| outcomes.probabilities(picture)[class];
        let mut pictures: Vec<usize> = (0..outcomes.len()).collect();
        pictures.sort_by(|a, b| value(*b).total_cmp(&value(*a)));
        pictures.truncate(count);
        pictures
    };
    (0..outcomes.classes()).map(of_class).collect()
}

/// Every picture whose prediction is not its label, the most confident mistake first.
pub fn misclassified(outcomes: &Outcomes) -> Vec<usize> {
    let mut pictures: Vec<usize> = (0..outcomes.len()).filter(|picture| !outcomes.correct(*picture)).collect();
    pictures.sort_by(|a, b| outcomes.confidence(*b).total_cmp(&outcomes.confidence(*a)));
    pictures
}
