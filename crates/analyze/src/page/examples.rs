//! Which pictures the network is sure of, gets wrong, or cannot decide.

use anyhow::Result;
use contract::Judgement;
use report::page::{Block, Gallery, Panel, Section, Tabs, Tile};

use super::{Material, links, probability};

/// Pictures in one row of the page.
const ROW: usize = 5;
/// Mistakes shown; all of them are behind the cells of the confusion matrix.
const MISTAKES: usize = 10;
/// Least certain pictures shown.
const UNDECIDED: usize = 10;
/// Classes shown at most: the page must stay small enough to open.
const CLASSES: usize = 40;

/// The section.
pub(super) fn section(of: &Material) -> Result<Section> {
    let split = &of.results.metrics.split;
    let mut blocks = vec![mistakes(of)?];
    blocks.extend(undecided(of)?);
    let mut panels = Vec::new();
    for class in 0..of.dataset.classes.len().min(CLASSES) {
        panels.push(Panel { title: of.class(class).to_owned(), blocks: class_blocks(of, class)? });
    }
    blocks.push(Block::Group(report::page::Group {
        title: "Class by class".into(),
        lead:
            "The pictures to which the network gives each class the highest probability, whatever they show, and those \
               of the class that it recognizes least."
                .into(),
        blocks: vec![Block::Tabs(Tabs { label: "Class".into(), family: String::new(), panels })],
        links: Vec::new(),
    }));
    let left_out = of.dataset.classes.len().saturating_sub(CLASSES);
    if left_out > 0 {
        blocks.push(Block::Note(format!(
            "{left_out} of {} classes are left out here; top_images.csv has them.",
            of.dataset.classes.len()
        )));
    }
    Ok(Section {
        id: "pictures".into(),
        title: "Pictures".into(),
        lead: format!(
            "From the {split} split. Each picture is framed in the colour of its label and shown as the network sees it: \
             the middle, cut to a square. Bars are the probabilities that the network gives."
        ),
        blocks,
    })
}

/// Sorted by `key`, least first, ties by the order of the data set.
fn sorted<'a>(predictions: impl Iterator<Item = &'a Judgement>, key: impl Fn(&Judgement) -> f64) -> Vec<&'a Judgement> {
    let mut sorted: Vec<&Judgement> = predictions.collect();
    sorted.sort_by(|a, b| key(a).total_cmp(&key(b)).then(a.picture.cmp(&b.picture)));
    sorted
}

/// The highest probabilities of `class`, and its pictures with the lowest.
fn class_blocks(of: &Material, class: usize) -> Result<Vec<Block>> {
    let all = &of.results.predictions;
    let sure = sorted(all.iter(), |prediction| -prediction.probabilities[class]);
    let mut listed = 0;
    for row in of.results.top_images.rows() {
        listed += usize::from(row.text("class")? == of.class(class));
    }
    let mut best = Vec::new();
    for prediction in sure.into_iter().take(listed) {
        let mut card = of.card(prediction, 224)?;
        card.lines.insert(0, format!("{} {}", of.class(class), probability(prediction.probabilities[class])));
        card.bars.clear();
        best.push(card);
    }
    let least = sorted(all.iter().filter(|prediction| prediction.label == class), Judgement::of_label);
    let worst: Result<Vec<_>> = least.into_iter().take(ROW).map(|prediction| of.card(prediction, 224)).collect();
    let gallery = |title: String, cards, links| {
        Block::Gallery(Gallery { title, note: String::new(), cards, links, tile: Tile::Normal })
    };
    let mut blocks = Vec::new();
    if !best.is_empty() {
        let title = format!("Most certainly {}", of.class(class));
        blocks.push(gallery(title, best, links(["../evaluate/top_images.csv"])));
    }
    let worst = worst?;
    if worst.is_empty() {
        blocks.push(Block::Note(format!(
            "No picture of {} is in the {} split.",
            of.class(class),
            of.results.metrics.split
        )));
    } else {
        let title = format!("Least recognized as {}", of.class(class));
        blocks.push(gallery(title, worst, links(["../evaluate/predictions.csv"])));
    }
    Ok(blocks)
}

/// Pictures whose label was not predicted, most confident mistakes first.
fn mistakes(of: &Material) -> Result<Block> {
    let wrong = of.results.predictions.iter().filter(|prediction| !prediction.is_right());
    let wrong = sorted(wrong, |prediction| -prediction.probabilities[prediction.predicted]);
    if wrong.is_empty() {
        let text = format!("No picture of the {} split was misclassified.", of.results.metrics.split);
        return Ok(Block::Note(text));
    }
    let cards: Result<Vec<_>> = wrong.iter().take(MISTAKES).map(|prediction| of.card(prediction, 224)).collect();
    let cards = cards?;
    let title = if cards.len() == wrong.len() {
        format!("Every mistake ({}), most confident first", wrong.len())
    } else {
        format!("Most confident mistakes ({} of {})", cards.len(), wrong.len())
    };
    Ok(Block::Gallery(Gallery {
        title,
        note: String::new(),
        cards,
        links: links(["../evaluate/misclassified.csv"]),
        tile: Tile::Normal,
    }))
}

/// Pictures whose first two classes are closest.
fn undecided(of: &Material) -> Result<Option<Block>> {
    let least = sorted(of.results.predictions.iter(), Judgement::lead);
    let cards: Result<Vec<_>> = least.into_iter().take(UNDECIDED).map(|prediction| of.card(prediction, 224)).collect();
    let gallery = Gallery {
        title: "Least certain".into(),
        note: "The two most likely classes are closest here.".into(),
        cards: cards?,
        links: links(["../evaluate/predictions.csv"]),
        tile: Tile::Normal,
    };
    Ok((!gallery.cards.is_empty()).then_some(Block::Gallery(gallery)))
}
