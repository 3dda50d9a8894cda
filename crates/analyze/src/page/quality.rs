//! How good it is: what is taken for what, class by class, and whether its confidence can be trusted.

use anyhow::Result;
use report::Color;
use report::chart::{Bin, DotChart, DotRow, MatrixChart, Measure, ReliabilityChart};
use report::page::{Block, Body, Figure, Room, Section};
use report::scale;

use super::{Material, links};

/// The section.
pub(super) fn section(of: &Material) -> Result<Section> {
    let metrics = &of.results.metrics;
    let lead = format!("Measured on {} pictures of the {} split.", metrics.pictures, metrics.split);
    let figures = vec![confusion(of), scores(of)?, calibration(of)?];
    Ok(Section { id: "quality".into(), title: "Quality".into(), lead, blocks: vec![Block::Figures(figures)] })
}

/// The anchor of the first picture of `label` that was taken for `predicted`.
pub(super) fn anchor(label: usize, predicted: usize) -> String {
    format!("wrong-{label}-{predicted}")
}

fn confusion(of: &Material) -> Figure {
    let count = of.dataset.classes.len();
    let mut counts = vec![vec![0u64; count]; count];
    for prediction in &of.results.predictions {
        counts[prediction.label][prediction.predicted] += 1;
    }
    let link = |label: usize, predicted: usize| {
        (label != predicted && counts[label][predicted] > 0).then(|| format!("#{}", anchor(label, predicted)))
    };
    let chart = MatrixChart {
        label: format!("Confusion matrix of {count} classes"),
        classes: of.dataset.classes.clone(),
        links: (0..count).map(|label| (0..count).map(|predicted| link(label, predicted)).collect()).collect(),
        counts,
    };
    Figure {
        title: "Confusion matrix".into(),
        note: "A row is a label, a column what it was taken for. A mistake leads to its pictures.".into(),
        body: Body::Chart(chart.scene()),
        links: links(["../evaluate/confusion_matrix.csv", "../evaluate/predictions.csv"]),
        room: Room::Tall,
    }
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
            "Bars: share that is right; orange: mean confidence. They meet where confidence can be trusted. The \
             expected calibration error, their mean distance, is {}.",
            scale::percent(of.results.metrics.ece)
        ),
        body: Body::Chart(chart.scene()),
        links: links(["../evaluate/calibration.csv"]),
        room: Room::Normal,
    })
}
