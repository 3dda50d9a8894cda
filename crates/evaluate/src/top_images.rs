//! Selects the images with the highest probability of each class, and the mistakes.

use crate::Outcomes;

/// Returns for each class the indices of the `count` images with the highest probability of it, the highest first.
///
/// Images with equal probabilities keep their order. The label of an image may be another class.
pub fn highest(outcomes: &Outcomes, count: usize) -> Vec<Vec<usize>> {
    let of_class = |class: usize| {
        let value = |image: usize| outcomes.probabilities(image)[class];
        let mut images: Vec<usize> = (0..outcomes.len()).collect();
        images.sort_by(|a, b| value(*b).total_cmp(&value(*a)));
        images.truncate(count);
        images
    };
    (0..outcomes.classes()).map(of_class).collect()
}

/// Returns the indices of the images with wrong predictions, the most confident first.
pub fn misclassified(outcomes: &Outcomes) -> Vec<usize> {
    let mut images: Vec<usize> = (0..outcomes.len()).filter(|image| !outcomes.correct(*image)).collect();
    images.sort_by(|a, b| outcomes.confidence(*b).total_cmp(&outcomes.confidence(*a)));
    images
}
