//! `trials.csv` and `history.csv`, and what is told of them.

use std::path::Path;

use anyhow::{Context, Result};
use pipeline::{Align, HintExt, Run, Summary, Table};

use crate::sweep::Sweep;

const TRIALS: &str = "trials.csv";
const TRIAL_COLUMNS: [&str; 10] = [
    "trial",
    "learning_rate",
    "dropout",
    "hidden",
    "epochs",
    "best_epoch",
    "val_loss",
    "val_accuracy",
    "status",
    "chosen",
];

/// Writes both files. A trial without a best epoch has empty cells there.
pub(crate) fn write(run: &Run, sweep: &Sweep) -> Result<()> {
    let rows = sweep.trials.iter().enumerate().map(|(number, trial)| {
        let best = |cell: fn((usize, &crate::trial::Epoch)) -> String| trial.best().map(cell).unwrap_or_default();
        [
            (number + 1).to_string(),
            trial.settings.learning_rate.to_string(),
            trial.settings.dropout.to_string(),
            trial.settings.hidden_text(),
            trial.history.len().to_string(),
            best(|(epoch, _)| (epoch + 1).to_string()),
            best(|(_, epoch)| epoch.val_loss.to_string()),
            best(|(_, epoch)| epoch.val_accuracy.to_string()),
            trial.ended.to_string(),
            (number == sweep.chosen).to_string(),
        ]
    });
    run.write_csv(TRIALS, &TRIAL_COLUMNS, rows)?;
    let epochs = sweep.trials.iter().enumerate().flat_map(|(number, trial)| {
        trial.history.iter().enumerate().map(move |(at, epoch)| {
            [
                (number + 1).to_string(),
                (at + 1).to_string(),
                epoch.train_loss.to_string(),
                epoch.val_loss.to_string(),
                epoch.val_accuracy.to_string(),
            ]
        })
    });
    run.write_csv("history.csv", &["trial", "epoch", "train_loss", "val_loss", "val_accuracy"], epochs)
}

/// The sweep as it stands in `folder`.
pub(crate) fn summary(folder: &Path) -> Result<Summary> {
    let path = folder.join(TRIALS);
    let text = fs_err::read_to_string(&path).hint("run `just train --force`")?;
    let damaged = || format!("{} is damaged", path.display());
    let right = |name| (name, Align::Right);
    let mut table = Table::new(
        "Trials (chosen by validation loss)",
        &[
            right("trial"),
            right("rate"),
            right("dropout"),
            ("hidden", Align::Left),
            right("epochs"),
            right("best"),
            right("val loss"),
            right("val accuracy"),
            ("ended", Align::Left),
            ("", Align::Left),
        ],
    );
    let mut summary = Summary::default();
    for record in csv::Reader::from_reader(text.as_bytes()).records() {
        let record = record.with_context(damaged)?;
        let cell = |at: usize| record.get(at).with_context(damaged);
        let chosen = cell(9)? == "true";
        if chosen {
            summary.headline =
                format!("trial {} chosen: validation loss {}, accuracy {}", cell(0)?, short(cell(6)?), short(cell(7)?));
        }
        table.row([
            cell(0)?,
            cell(1)?,
            cell(2)?,
            if cell(3)?.is_empty() { "none" } else { cell(3)? },
            cell(4)?,
            cell(5)?,
            &short(cell(6)?),
            &short(cell(7)?),
            cell(8)?,
            if chosen { "chosen" } else { "" },
        ]);
    }
    summary.tables.push(table);
    Ok(summary)
}

/// A number as it is shown: four digits behind the point.
fn short(text: &str) -> String {
    text.parse::<f64>().map_or_else(|_| text.to_owned(), |number| format!("{number:.4}"))
}
