//! The best pictures of each class and every mistake.

use std::collections::BTreeSet;

use anyhow::Result;
use report::page::{Block, Card, Gallery, Section};

use super::{Material, base, links, probability, quality};
use crate::upstream::Prediction;

/// Mistakes shown at most; more would make the file too large to open.
const MOST: usize = 600;

/// The section.
pub(super) fn section(of: &Material) -> Result<Section> {
    let mut blocks = Vec::new();
    for class in 0..of.dataset.classes.len() {
        blocks.extend(best(of, class)?);
    }
    blocks.extend(mistakes(of)?);
    Ok(Section {
        id: "pictures".into(),
        title: "Pictures".into(),
        lead: "Each picture is framed in the colour of its label. What is shown is what the network sees: the middle, \
               cut to a square."
            .into(),
        blocks,
    })
}

/// The pictures to which the network gives `class` the highest probability, whatever their label: as many as
/// `evaluate` lists.
fn best(of: &Material, class: usize) -> Result<Option<Block>> {
    let mut listed = 0;
    for row in of.results.top_images.rows() {
        listed += usize::from(row.text("class")? == of.class(class));
    }
    if listed == 0 {
        return Ok(None);
    }
    let mut sorted: Vec<&Prediction> = of.results.predictions.iter().collect();
    sorted.sort_by(|a, b| b.probabilities[class].total_cmp(&a.probabilities[class]).then(a.picture.cmp(&b.picture)));
    let card = |prediction: &&Prediction| -> Result<Card> {
        let picture = &of.dataset.pictures[prediction.picture];
        let mut lines = vec![base(&picture.source).to_owned()];
        if prediction.label != class {
            lines.insert(0, format!("label: {}", picture.label));
        }
        Ok(Card {
            pictures: vec![of.photo(picture, 224)?],
            title: probability(prediction.probabilities[class]),
            lines,
            right: Some(prediction.label == class),
            ..Card::default()
        })
    };
    Ok(Some(Block::Gallery(Gallery {
        title: format!("Most certainly {}", of.class(class)),
        cards: sorted.iter().take(listed).map(card).collect::<Result<_>>()?,
        links: links(["../evaluate/top_images.csv"]),
        width: 160,
    })))
}

/// Every picture whose label was not predicted, most confident mistakes first.
fn mistakes(of: &Material) -> Result<Vec<Block>> {
    let mut wrong: Vec<&Prediction> = of.results.predictions.iter().filter(|p| !p.right()).collect();
    wrong.sort_by(|a, b| {
        let sure = |p: &Prediction| p.probabilities[p.predicted];
        sure(b).total_cmp(&sure(a)).then(a.picture.cmp(&b.picture))
    });
    let links = links(["../evaluate/misclassified.csv", "../evaluate/predictions.csv"]);
    if wrong.is_empty() {
        let text = format!("No picture of the {} split was misclassified.", of.results.metrics.split);
        return Ok(vec![Block::Note(text)]);
    }
    let mut anchored = BTreeSet::new();
    let mut cards = Vec::new();
    for prediction in wrong.iter().take(MOST) {
        let picture = &of.dataset.pictures[prediction.picture];
        let cell = (prediction.label, prediction.predicted);
        let id = if anchored.insert(cell) { quality::anchor(cell.0, cell.1) } else { String::new() };
        let share = |class: usize| format!("{} {}", of.class(class), probability(prediction.probabilities[class]));
        cards.push(Card {
            id,
            pictures: vec![of.photo(picture, 224)?],
            title: format!("{} taken for {}", of.class(cell.0), of.class(cell.1)),
            lines: vec![format!("{}, {}", share(cell.1), share(cell.0)), base(&picture.source).to_owned()],
            right: Some(false),
            ..Card::default()
        });
    }
    let left_out = wrong.len() - cards.len();
    let title = format!("Every misclassified picture ({})", wrong.len());
    let mut blocks = vec![Block::Gallery(Gallery { title, cards, links, width: 160 })];
    if left_out > 0 {
        blocks.push(Block::Note(format!("{left_out} more are listed in misclassified.csv.")));
    }
    Ok(blocks)
}
