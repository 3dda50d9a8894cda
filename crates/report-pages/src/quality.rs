//! Section "Quality": the confusion matrix, the scores of each class, and the calibration.

use std::collections::BTreeMap;

use anyhow::Result;
use contract::{CalibrationBin, ClassScore, ConfusionMatrix, Judgement, Metrics, Predictions};
use report::chart::{Bin, DotChart, DotRow, Measure, ReliabilityChart};
use report::page::{Block, Body, Card, Cell, Figure, FigureWidth, Matrix, Section, Table};
use report::{Color, scale};

use crate::inputs::ReportInputs;
use crate::text::{base, columns, link_to, probability};

/// Maximum number of classes for which the matrix takes half of the page's width.
const NARROW: usize = 5;
/// Approximate number of images behind all cells together. The page has to stay small enough to open.
const BEHIND: usize = 400;
/// Side of an image behind a cell, in pixels.
const SIDE: u32 = 128;

/// Returns the section.
pub(crate) fn section(inputs: &ReportInputs) -> Result<Section> {
    let metrics = &inputs.metrics;
    let [low, high] = metrics.accuracy_interval.map(scale::percent);
    let lead = format!(
        "Measured on {} images of the {} split: {} of the predictions are right. With 95 % confidence, the accuracy on \
         similar images is between {low} and {high} (Wilson's score interval).",
        metrics.images,
        metrics.split,
        scale::percent(metrics.accuracy),
    );
    let (matrix, calibration) = (Block::Matrix(confusion(inputs)?), Block::Figures(vec![calibration(inputs)]));
    let scores = Block::Figures(vec![scores(inputs)]);
    let splits = splits(metrics);
    let blocks = if inputs.dataset.classes.len() <= NARROW {
        vec![Block::Halves(vec![vec![matrix, scores], [calibration].into_iter().chain(splits).collect()])]
    } else {
        vec![matrix, Block::Halves(vec![vec![scores], [calibration].into_iter().chain(splits).collect()])]
    };
    Ok(Section { id: "quality".into(), title: "Quality".into(), lead, blocks })
}

fn confusion(inputs: &ReportInputs) -> Result<Matrix> {
    let count = inputs.dataset.classes.len();
    let mut counts = vec![vec![0u64; count]; count];
    for judgement in &inputs.judgements {
        counts[judgement.label][judgement.predicted] += 1;
    }
    let wrong = inputs.judgements.iter().filter(|judgement| !judgement.is_right()).count();
    // Mistakes come first. Right predictions share the images that are left.
    let each_right = BEHIND.saturating_sub(wrong.min(BEHIND / 2)) / count.max(1);
    let each_wrong = (BEHIND / 2) / (count * count.saturating_sub(1)).max(1);
    let mut behind: BTreeMap<(usize, usize), Vec<&Judgement>> = BTreeMap::new();
    for judgement in &inputs.judgements {
        behind.entry((judgement.label, judgement.predicted)).or_default().push(judgement);
    }
    let mut cells = Vec::new();
    let mut wrong_left = BEHIND / 2;
    for ((label, predicted), judgements) in behind {
        let most = if label == predicted { each_right } else { each_wrong.max(1).min(wrong_left) };
        if let Some(cell) = cell(inputs, [label, predicted], judgements, most)? {
            if label != predicted {
                wrong_left -= cell.cards.len();
            }
            cells.push(cell);
        }
    }
    Ok(Matrix {
        title: "Confusion matrix".into(),
        note: "A row is a label, a column is a prediction. Each number opens its images.".into(),
        classes: inputs.dataset.classes.clone(),
        counts,
        cells,
        links: vec![link_to::<ConfusionMatrix>(), link_to::<Predictions>()],
    })
}

/// Returns the cell with up to `most` of the images in `behind`, the most confident first. They have the label `label`, and the
/// network took them for `predicted`.
fn cell(
    inputs: &ReportInputs,
    [label, predicted]: [usize; 2],
    mut behind: Vec<&Judgement>,
    most: usize,
) -> Result<Option<Cell>> {
    behind
        .sort_by(|a, b| b.probabilities[predicted].total_cmp(&a.probabilities[predicted]).then(a.image.cmp(&b.image)));
    let left_out = behind.len().saturating_sub(most);
    let mut cards = Vec::new();
    for judgement in behind.into_iter().take(most) {
        let image = &inputs.dataset.images[judgement.image];
        cards.push(Card {
            images: vec![inputs.photo(image, SIDE)?],
            lines: vec![
                format!("{} {}", inputs.class(predicted), probability(judgement.probabilities[predicted])),
                base(&image.source).to_owned(),
            ],
            ..Card::default()
        });
    }
    Ok((!cards.is_empty()).then_some(Cell { label, predicted, cards, left_out }))
}

fn scores(inputs: &ReportInputs) -> Figure {
    let row = |score: &ClassScore| DotRow {
        name: score.class.clone(),
        values: vec![Some(score.f1), Some(score.precision), Some(score.recall)],
        interval: None,
        chosen: false,
    };
    let measure = |name: &str, color| Measure { name: name.into(), color };
    let chart = DotChart {
        label: "Precision, recall and F1 by class".into(),
        measures: vec![
            measure("F1", Color::BLUE),
            measure("precision", Color::ORANGE),
            measure("recall", Color::GREEN),
        ],
        rows: inputs.class_scores.iter().map(row).collect(),
    };
    Figure {
        title: "Scores by class".into(),
        note: "Precision: the share of right ones among the predictions of the class. Recall: the share of the images of the \
               class that were found."
            .into(),
        body: Body::Chart(chart.scene()),
        links: vec![link_to::<Vec<ClassScore>>()],
        width: FigureWidth::Normal,
    }
}

fn calibration(inputs: &ReportInputs) -> Figure {
    let bin = |bin: &CalibrationBin| Bin {
        low: bin.low,
        high: bin.high,
        count: bin.images as u64,
        confidence: bin.confidence.unwrap_or(f64::NAN),
        accuracy: bin.accuracy.unwrap_or(f64::NAN),
    };
    let bins = inputs.calibration.iter().map(bin).collect();
    let chart = ReliabilityChart { label: "Accuracy by confidence".into(), bins };
    Figure {
        title: "Calibration".into(),
        note: format!(
            "Bars show the share of right predictions, orange marks show the mean confidence. They are at the same height where \
             the confidence can be trusted. Their mean distance is the expected calibration error: {}.",
            scale::percent(inputs.metrics.ece)
        ),
        body: Body::Chart(chart.scene()),
        links: vec![link_to::<Vec<CalibrationBin>>()],
        width: FigureWidth::Normal,
    }
}

/// Compares the splits. A gap between them is a sign of overfitting.
fn splits(metrics: &Metrics) -> Option<Block> {
    let rows = metrics.splits.iter().map(|one| {
        let (accuracy, loss) = (scale::percent(one.accuracy), scale::short(one.log_loss));
        (vec![one.split.to_string(), one.images.to_string(), accuracy, loss], one.split == metrics.split)
    });
    (!metrics.splits.is_empty()).then(|| {
        Block::Table(Table {
            title: "Split by split".into(),
            note: "The network was trained on the images of train, and val selected the trial. Only the marked split measures \
                   the quality on new images."
                .into(),
            columns: columns(&["split", "images", "accuracy", "log loss"], &["images", "accuracy", "log loss"]),
            rows: rows.collect(),
            links: vec![link_to::<Metrics>()],
        })
    })
}
