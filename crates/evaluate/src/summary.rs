//! What a person reads on the terminal: a headline, the tables, the gate.

use std::path::Path;

use anyhow::{Context, Result};
use contract::config::Gate;
use pipeline::{Align, HintExt, Summary, Table};

use crate::metrics::Metrics;
use crate::outputs::{CONFUSION, METRICS, MISCLASSIFIED, PER_CLASS};

/// Rows of a table shown at most; the file has all.
const ROWS: usize = 20;
/// Classes up to which the confusion matrix fits on a terminal.
const WIDE: usize = 12;

/// What to tell of the outputs in `folder`.
pub(crate) fn of(folder: &Path, gate: &Gate) -> Result<Summary> {
    let path = folder.join(METRICS);
    let damaged = || format!("{} is damaged", path.display());
    let again = "run `just evaluate --force`";
    let text = fs_err::read_to_string(&path).hint(again)?;
    let metrics: Metrics = serde_json::from_str(&text).with_context(damaged).hint(again)?;
    let mut tables = vec![splits(&metrics), from_csv("Classes", folder, PER_CLASS, &[])?];
    if metrics.classes.len() <= WIDE {
        tables.push(from_csv(
            "Confusion matrix: a row for each label, a column for each prediction",
            folder,
            CONFUSION,
            &[],
        )?);
    }
    tables.push(from_csv("Misclassified", folder, MISCLASSIFIED, &["source", "label", "predicted", "confidence"])?);
    let unmet = (metrics.accuracy < gate.accuracy)
        .then(|| format!("accuracy {:.4} is below evaluate.gate.accuracy = {}", metrics.accuracy, gate.accuracy));
    Ok(Summary { headline: headline(&metrics), tables, rejected: 0, unmet: unmet.into_iter().collect() })
}

fn headline(metrics: &Metrics) -> String {
    let [low, high] = metrics.accuracy_interval;
    format!(
        "accuracy {:.3} ({low:.3} to {high:.3}), macro-F1 {:.3}, calibration error {:.3}, on {} {} pictures",
        metrics.accuracy, metrics.macro_f1, metrics.ece, metrics.pictures, metrics.split
    )
}

fn splits(metrics: &Metrics) -> Table {
    let columns =
        [("split", Align::Left), ("pictures", Align::Right), ("accuracy", Align::Right), ("log loss", Align::Right)];
    let mut table = Table::new("Splits", &columns);
    for split in &metrics.splits {
        let ratios = [split.accuracy, split.log_loss].map(|value| format!("{value:.3}"));
        table.row([split.split.to_string(), split.pictures.to_string()].into_iter().chain(ratios));
    }
    table
}

/// The first rows of a CSV file of this stage; the columns named, or all. Columns of numbers are set to
/// the right, and shown with three digits after the point.
fn from_csv(title: &str, folder: &Path, file: &str, columns: &[&str]) -> Result<Table> {
    let text = fs_err::read(folder.join(file)).hint("run `just evaluate --force`")?;
    let mut reader = csv::Reader::from_reader(text.as_slice());
    let header = reader.headers()?.clone();
    let rows = reader.records().collect::<Result<Vec<_>, _>>()?;
    let wanted = |at: &usize| columns.is_empty() || columns.contains(&&header[*at]);
    let columns: Vec<(usize, Align)> = (0..header.len())
        .filter(wanted)
        .map(|at| (at, if rows.iter().all(|row| row[at].parse::<f64>().is_ok()) { Align::Right } else { Align::Left }))
        .collect();
    let named: Vec<(&str, Align)> = columns.iter().map(|(at, align)| (&header[*at], *align)).collect();
    let mut table = Table::new(title, &named);
    for row in rows.iter().take(ROWS) {
        table.row(columns.iter().map(|(at, align)| match (align, row[*at].parse::<f64>()) {
            (Align::Right, Ok(number)) if row[*at].contains('.') => format!("{number:.3}"),
            _ => row[*at].to_owned(),
        }));
    }
    if rows.len() > ROWS {
        table.row([format!("and {} more in {file}", rows.len() - ROWS)]);
    }
    Ok(table)
}
