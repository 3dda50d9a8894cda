//! Section "Images": the images that the network is sure of, gets wrong, or cannot decide.

use anyhow::Result;
use contract::{Judgement, Mistake, Predictions, TopImage};
use report::page::{Block, Gallery, Group, Panel, Section, Tabs, Tile};

use crate::inputs::ReportInputs;
use crate::text::{link_to, probability};

/// Images in one row of the page.
const ROW: usize = 5;
/// Maximum number of mistakes that are shown. The cells of the confusion matrix open more of them.
const MISTAKES: usize = 10;
/// Maximum number of the least certain images that are shown.
const UNDECIDED: usize = 10;
/// Maximum number of classes that are shown. The page has to stay small enough to open.
const CLASSES: usize = 40;

/// Returns the section.
pub(crate) fn section(inputs: &ReportInputs) -> Result<Section> {
    let split = inputs.metrics.split;
    let mut blocks = vec![mistakes(inputs)?];
    blocks.extend(undecided(inputs)?);
    let mut panels = Vec::new();
    for class in 0..inputs.dataset.classes.len().min(CLASSES) {
        panels.push(Panel { title: inputs.class(class).to_owned(), blocks: class_blocks(inputs, class)? });
    }
    blocks.push(Block::Group(Group {
        title: "Class by class".into(),
        lead: "First the images with the highest probability of the class, whatever their label is. Then the images of the \
               class that the network recognizes least."
            .into(),
        blocks: vec![Block::Tabs(Tabs { label: "Class".into(), family: String::new(), panels })],
        links: Vec::new(),
    }));
    let left_out = inputs.dataset.classes.len().saturating_sub(CLASSES);
    if left_out > 0 {
        blocks.push(Block::Note(format!(
            "{left_out} of {} classes are left out here. The file top_images.csv has all of them.",
            inputs.dataset.classes.len()
        )));
    }
    Ok(Section {
        id: "images".into(),
        title: "Images".into(),
        lead: format!(
            "All images are from the {split} split. The frame has the colour of the label. The image is shown as the network \
             sees it: the middle, cut to a square. The bars are the probabilities that the network gives."
        ),
        blocks,
    })
}

/// Sorts the predictions by `key`, the smallest first. Equal keys are in the order of the data set.
fn sorted<'a>(judgements: impl Iterator<Item = &'a Judgement>, key: impl Fn(&Judgement) -> f64) -> Vec<&'a Judgement> {
    let mut sorted: Vec<&Judgement> = judgements.collect();
    sorted.sort_by(|a, b| key(a).total_cmp(&key(b)).then(a.image.cmp(&b.image)));
    sorted
}

/// Returns the images with the highest probability of `class`, and the images of the class with the lowest.
fn class_blocks(inputs: &ReportInputs, class: usize) -> Result<Vec<Block>> {
    let all = &inputs.judgements;
    let sure = sorted(all.iter(), |judgement| -judgement.probabilities[class]);
    let listed = inputs.top_images.iter().filter(|row| row.class == inputs.class(class)).count();
    let mut best = Vec::new();
    for judgement in sure.into_iter().take(listed) {
        let mut card = inputs.card(judgement)?;
        card.lines.insert(0, format!("{} {}", inputs.class(class), probability(judgement.probabilities[class])));
        card.bars.clear();
        best.push(card);
    }
    let least = sorted(all.iter().filter(|judgement| judgement.label == class), Judgement::of_label);
    let worst = least.into_iter().take(ROW).map(|judgement| inputs.card(judgement)).collect::<Result<Vec<_>>>()?;
    let gallery = |title: String, cards, link| {
        Block::Gallery(Gallery { title, note: String::new(), cards, links: vec![link], tile: Tile::Normal })
    };
    let mut blocks = Vec::new();
    if !best.is_empty() {
        let title = format!("Highest probability of {}", inputs.class(class));
        blocks.push(gallery(title, best, link_to::<Vec<TopImage>>()));
    }
    if worst.is_empty() {
        blocks.push(Block::Note(format!(
            "No image of {} is in the {} split.",
            inputs.class(class),
            inputs.metrics.split
        )));
    } else {
        let title = format!("Least recognized as {}", inputs.class(class));
        blocks.push(gallery(title, worst, link_to::<Predictions>()));
    }
    Ok(blocks)
}

/// Returns the images whose label was not predicted, the most confident mistakes first.
fn mistakes(inputs: &ReportInputs) -> Result<Block> {
    let wrong = inputs.judgements.iter().filter(|judgement| !judgement.is_right());
    let wrong = sorted(wrong, |judgement| -judgement.probabilities[judgement.predicted]);
    if wrong.is_empty() {
        let text = format!("The network classified every image of the {} split correctly.", inputs.metrics.split);
        return Ok(Block::Note(text));
    }
    let cards = wrong.iter().take(MISTAKES).map(|judgement| inputs.card(judgement)).collect::<Result<Vec<_>>>()?;
    let title = if cards.len() == wrong.len() {
        format!("All mistakes ({}), the most confident first", wrong.len())
    } else {
        format!("The most confident mistakes ({} of {})", cards.len(), wrong.len())
    };
    Ok(Block::Gallery(Gallery {
        title,
        note: String::new(),
        cards,
        links: vec![link_to::<Vec<Mistake>>()],
        tile: Tile::Normal,
    }))
}

/// Returns the images whose most probable class leads by the smallest margin, or `None` without images.
fn undecided(inputs: &ReportInputs) -> Result<Option<Block>> {
    let least = sorted(inputs.judgements.iter(), Judgement::lead);
    let cards = least.into_iter().take(UNDECIDED).map(|judgement| inputs.card(judgement)).collect::<Result<_>>()?;
    let gallery = Gallery {
        title: "Least certain".into(),
        note: "The probabilities of the first and second class are closest here.".into(),
        cards,
        links: vec![link_to::<Predictions>()],
        tile: Tile::Normal,
    };
    Ok((!gallery.cards.is_empty()).then_some(Block::Gallery(gallery)))
}
