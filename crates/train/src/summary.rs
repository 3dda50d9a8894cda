//! What is told of a sweep: its trials as they stand in `trials.csv`.

use std::path::Path;

use anyhow::{Context, Result};
use pipeline::{Align, HintExt, Summary, Table};

use crate::settings::Settings;
use crate::tables::TRIALS;

/// Trials shown at most: of more than these, the best.
const SHOWN: usize = 20;

/// The sweep as it stands in `folder`. A setting that is the same in every trial is not shown, but for the rate.
pub(crate) fn of(folder: &Path) -> Result<Summary> {
    let path = folder.join(TRIALS);
    let text = fs_err::read_to_string(&path).hint("run `just train --force`")?;
    let damaged = || format!("{} is damaged", path.display());
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader.headers().with_context(damaged)?.clone();
    let mut rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().with_context(damaged)?;
    let column = |name: &str| names.iter().position(|found| found == name).with_context(damaged);
    let (loss, accuracy, chosen) = (column("val_loss")?, column("val_accuracy")?, column("chosen")?);
    let mut summary = Summary::default();
    if let Some(row) = rows.iter().find(|row| &row[chosen] == "true") {
        let (loss, accuracy) = (short(&row[loss]), short(&row[accuracy]));
        summary.headline = format!("trial {} chosen: validation loss {loss}, accuracy {accuracy}", &row[0]);
    }
    let differs = |at: usize| rows.iter().any(|row| row[at] != rows[0][at]);
    let mut shown = vec![("trial", Align::Right, 0)];
    for name in Settings::NAMES {
        let at = column(name)?;
        if differs(at) || name == "learning_rate" {
            let align = if matches!(name, "tune" | "hidden") { Align::Left } else { Align::Right };
            shown.push((name, align, at));
        }
    }
    for name in ["epochs", "kept_epoch", "val_loss", "val_accuracy"] {
        shown.push((name, Align::Right, column(name)?));
    }
    shown.push(("status", Align::Left, column("status")?));
    if differs(column("rung")?) {
        shown.push(("rung", Align::Right, column("rung")?));
    }
    let title = if rows.len() > SHOWN {
        let least = |row: &csv::StringRecord| row[loss].parse().unwrap_or(f64::INFINITY);
        rows.sort_by(|a, b| least(a).total_cmp(&least(b)));
        format!("The best {SHOWN} of {} trials (chosen by validation loss)", rows.len())
    } else {
        "Trials (chosen by validation loss)".to_owned()
    };
    let heads: Vec<String> = shown.iter().map(|(name, ..)| name.replace('_', " ")).collect();
    let mut columns: Vec<(&str, Align)> =
        heads.iter().zip(&shown).map(|(head, (_, align, _))| (head.as_str(), *align)).collect();
    columns.push(("", Align::Left));
    let mut table = Table::new(title, &columns);
    for row in rows.iter().take(SHOWN) {
        let cell = |(name, _, at): &(&str, Align, usize)| match *name {
            "val_loss" | "val_accuracy" => short(&row[*at]),
            "hidden" if row[*at].is_empty() => "none".to_owned(),
            _ => row[*at].to_owned(),
        };
        let mark = if &row[chosen] == "true" { "chosen" } else { "" };
        table.row(shown.iter().map(cell).chain([mark.to_owned()]));
    }
    summary.tables.push(table);
    Ok(summary)
}

/// A number as it is shown: four digits behind the point.
fn short(text: &str) -> String {
    text.parse::<f64>().map_or_else(|_| text.to_owned(), |number| format!("{number:.4}"))
}
