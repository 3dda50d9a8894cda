//! How good it is: what is taken for what, class by class, and whether its confidence can be trusted.

use anyhow::Result;
use contract::Judgement;
use report::chart::{Bin, DotChart, DotRow, Measure, ReliabilityChart};
use report::page::{Block, Body, Card, Cell, Figure, Matrix, Room, Section, Table};
use report::{Color, scale};

use super::{Material, base, columns, links, probability};

/// Up to so many classes the matrix takes half of the page's width.
const NARROW: usize = 5;
/// Pictures behind all cells together, about: the page must stay small enough to open.
const BEHIND: usize = 400;
/// Side of a picture behind a cell, in pixels.
const SIDE: u32 = 128;

/// The section.
pub(super) fn section(of: &Material) -> Result<Section> {
    let metrics = &of.results.metrics;
    let [low, high] = metrics.accuracy_interval.map(scale::percent);
    let lead = format!(
        "Measured on {} pictures of the {} split: {} right, and with 95 % confidence between {low} and {high} on pictures \
         like these.",
        metrics.pictures,
        metrics.split,
        scale::percent(metrics.accuracy),
    );
    let (matrix, calibration) = (Block::Matrix(confusion(of)?), Block::Figures(vec![calibration(of)?]));
    let scores = Block::Figures(vec![scores(of)?]);
    let splits: Vec<Block> = splits(of).into_iter().collect();
    let blocks = if of.dataset.classes.len() <= NARROW {
        let (left, mut right) = (vec![matrix, scores], vec![calibration]);
        right.extend(splits);
        vec![Block::Halves(vec![left, right])]
    } else {
        let (left, mut right) = (vec![scores], vec![calibration]);
        right.extend(splits);
        vec![matrix, Block::Halves(vec![left, right])]
    };
    Ok(Section { id: "quality".into(), title: "Quality".into(), lead, blocks })
}

fn confusion(of: &Material) -> Result<Matrix> {
    let count = of.dataset.classes.len();
    let mut counts = vec![vec![0u64; count]; count];
    for prediction in &of.results.predictions {
        counts[prediction.label][prediction.predicted] += 1;
    }
    let wrong = of.results.predictions.iter().filter(|prediction| !prediction.is_right()).count();
    // Mistakes first; what is right shares the room that they leave.
    let each_right = BEHIND.saturating_sub(wrong.min(BEHIND / 2)) / count.max(1);
    let each_wrong = (BEHIND / 2) / (count * count.saturating_sub(1)).max(1);
    let mut cells = Vec::new();
    for label in 0..count {
        for predicted in 0..count {
            let most = if label == predicted { each_right } else { each_wrong.max(1) };
            cells.extend(cell(of, label, predicted, most)?);
        }
    }
    Ok(Matrix {
        title: "Confusion matrix".into(),
        note: "A row is a label, a column what it was taken for. Every number opens its pictures.".into(),
        classes: of.dataset.classes.clone(),
        counts,
        cells,
        links: links(["../evaluate/confusion_matrix.csv", "../evaluate/predictions.csv"]),
    })
}

/// The pictures of `label` that were taken for `predicted`, most confident first, at most `most`.
fn cell(of: &Material, label: usize, predicted: usize, most: usize) -> Result<Option<Cell>> {
    let own = |prediction: &&Judgement| (prediction.label, prediction.predicted) == (label, predicted);
    let mut behind: Vec<&Judgement> = of.results.predictions.iter().filter(own).collect();
    behind.sort_by(|a, b| {
        b.probabilities[predicted].total_cmp(&a.probabilities[predicted]).then(a.picture.cmp(&b.picture))
    });
    let left_out = behind.len().saturating_sub(most);
    let mut cards = Vec::new();
    for prediction in behind.into_iter().take(most) {
        let picture = &of.dataset.pictures[prediction.picture];
        cards.push(Card {
            pictures: vec![of.photo(picture, SIDE)?],
            lines: vec![
                format!("{} {}", of.class(predicted), probability(prediction.probabilities[predicted])),
                base(&picture.source).to_owned(),
            ],
            ..Card::default()
        });
    }
    Ok((!cards.is_empty()).then_some(Cell { label, predicted, cards, left_out }))
}

fn scores(of: &Material) -> Result<Figure> {
    let mut rows = Vec::new();
    for row in of.results.per_class.rows() {
        let values = ["f1", "precision", "recall"].iter().map(|c| row.number(c)).collect::<Result<_>>()?;
        rows.push(DotRow { name: row.text("class")?.to_owned(), values, interval: None, chosen: false });
    }
    let measure = |name: &str, color| Measure { name: name.into(), color };
    let chart = DotChart {
        label: "Precision, recall and F1 by class".into(),
        measures: vec![
            measure("F1", Color::BLUE),
            measure("precision", Color::ORANGE),
            measure("recall", Color::GREEN),
        ],
        rows,
    };
    Ok(Figure {
        title: "Scores by class".into(),
        note: "Precision: how many of those called so are so. Recall: how many of those that are so were found.".into(),
        body: Body::Chart(chart.scene()),
        links: links(["../evaluate/per_class.csv"]),
        room: Room::Normal,
    })
}

fn calibration(of: &Material) -> Result<Figure> {
    let mut bins = Vec::new();
    for row in of.results.calibration.rows() {
        bins.push(Bin {
            low: row.sure("low")?,
            high: row.sure("high")?,
            count: row.sure("pictures")? as u64,
            confidence: row.number("confidence")?.unwrap_or(f64::NAN),
            accuracy: row.number("accuracy")?.unwrap_or(f64::NAN),
        });
    }
    let chart = ReliabilityChart { label: "Accuracy by confidence".into(), bins };
    Ok(Figure {
        title: "Calibration".into(),
        note: format!(
            "Bars: share that is right; red: mean confidence. They meet where confidence can be trusted. The expected \
             calibration error, their mean distance, is {}.",
            scale::percent(of.results.metrics.ece)
        ),
        body: Body::Chart(chart.scene()),
        links: links(["../evaluate/calibration.csv"]),
        room: Room::Normal,
    })
}

/// The splits beside each other: how much was learned by heart.
fn splits(of: &Material) -> Option<Block> {
    let splits = &of.results.metrics.splits;
    let rows = splits.iter().map(|one| {
        let cells = vec![
            one.split.to_string(),
            one.pictures.to_string(),
            scale::percent(one.accuracy),
            scale::short(one.log_loss),
        ];
        (cells, one.split == of.results.metrics.split)
    });
    (!splits.is_empty()).then(|| {
        Block::Table(Table {
            title: "Split by split".into(),
            note: "The network has seen the pictures of train; val chose among the trials. Only the marked split tells how \
                   good it is."
                .into(),
            columns: columns(&["split", "pictures", "accuracy", "log loss"], &["pictures", "accuracy", "log loss"]),
            rows: rows.collect(),
            links: links(["../evaluate/metrics.json"]),
        })
    })
}
