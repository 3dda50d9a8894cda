//! The summary on the terminal: a headline, the tables, the gate.

use std::path::Path;

use anyhow::Result;
use contract::config::Gate;
use contract::{Artifact, ClassScore, ConfusionMatrix, Metrics, Mistake, Row};
use pipeline::{Align, Summary, Table};

/// Maximum number of rows of a table in the summary. The file has all rows.
const ROWS: usize = 20;
/// Maximum number of classes for which the confusion matrix fits on a terminal.
const WIDE: usize = 12;

/// Returns the summary of the outputs below `artifacts`.
pub(crate) fn of(artifacts: &Path, gate: &Gate) -> Result<Summary> {
    let metrics = Metrics::read(artifacts)?;
    let mut tables = vec![splits(&metrics), classes(&Vec::<ClassScore>::read(artifacts)?)];
    if metrics.classes.len() <= WIDE {
        tables.push(confusion(&ConfusionMatrix::read(artifacts)?));
    }
    tables.push(mistakes(&Vec::<Mistake>::read(artifacts)?));
    let unmet = (metrics.accuracy < gate.accuracy)
        .then(|| format!("accuracy {:.4} is below evaluate.gate.accuracy = {}", metrics.accuracy, gate.accuracy));
    Ok(Summary { headline: headline(&metrics), tables, rejected: 0, unmet: unmet.into_iter().collect() })
}

fn headline(metrics: &Metrics) -> String {
    let [low, high] = metrics.accuracy_interval;
    format!(
        "accuracy {:.3} (95 % interval {low:.3} to {high:.3}), macro-F1 {:.3}, calibration error {:.3}, on {} {} images",
        metrics.accuracy, metrics.macro_f1, metrics.ece, metrics.images, metrics.split
    )
}

fn splits(metrics: &Metrics) -> Table {
    let columns =
        [("split", Align::Left), ("images", Align::Right), ("accuracy", Align::Right), ("log loss", Align::Right)];
    let mut table = Table::new("Splits", &columns);
    for split in &metrics.splits {
        let ratios = [split.accuracy, split.log_loss].map(short);
        table.row([split.split.to_string(), split.images.to_string()].into_iter().chain(ratios));
    }
    table
}

fn classes(scores: &[ClassScore]) -> Table {
    let numbers = ["precision", "recall", "f1", "support"].map(|name| (name, Align::Right));
    let mut table = Table::new("Classes", &[&[("class", Align::Left)], &numbers[..]].concat());
    for score in scores.iter().take(ROWS) {
        let ratios = [score.precision, score.recall, score.f1].map(short);
        table.row([score.class.clone()].into_iter().chain(ratios).chain([score.support.to_string()]));
    }
    more(&mut table, scores.len(), ClassScore::FILE);
    table
}

fn confusion(matrix: &ConfusionMatrix) -> Table {
    let classes = matrix.classes.iter().map(|class| (class.as_str(), Align::Right));
    let columns: Vec<(&str, Align)> = [("label", Align::Left)].into_iter().chain(classes).collect();
    let mut table = Table::new("Confusion matrix: a row for each label, a column for each prediction", &columns);
    for (class, counts) in matrix.classes.iter().zip(&matrix.counts) {
        table.row([class.clone()].into_iter().chain(counts.iter().map(ToString::to_string)));
    }
    table
}

fn mistakes(mistakes: &[Mistake]) -> Table {
    let words = ["source", "label", "predicted"].map(|name| (name, Align::Left));
    let mut table = Table::new("Misclassified", &[&words[..], &[("confidence", Align::Right)]].concat());
    for mistake in mistakes.iter().take(ROWS) {
        table.row([&mistake.source, &mistake.label, &mistake.predicted, &short(mistake.confidence)]);
    }
    more(&mut table, mistakes.len(), Mistake::FILE);
    table
}

/// Adds a row that states how many rows the table leaves out, if there are any.
fn more(table: &mut Table, rows: usize, file: &str) {
    if rows > ROWS {
        table.row([format!("and {} more in {file}", rows - ROWS)]);
    }
}

/// Writes a number with three digits after the point.
fn short(ratio: f64) -> String {
    format!("{ratio:.3}")
}
