//! The summary of a sweep on the terminal, from `trials.csv`.

use std::path::Path;

use anyhow::Result;
use contract::{Artifact, Trial, TrialSettings};
use pipeline::{Align, Summary, Table};

/// Maximum number of trials in the table. Of more trials it shows the best.
const SHOWN: usize = 20;

/// Returns the summary of the sweep below `artifacts`. A setting that is the same in every trial is left out, except for
/// the learning rate.
pub(crate) fn of(artifacts: &Path) -> Result<Summary> {
    let mut trials = Vec::<Trial>::read(artifacts)?;
    let mut summary = Summary::default();
    if let Some(Trial { trial, result, .. }) = trials.iter().find(|trial| trial.result.chosen) {
        let [loss, accuracy] = [result.val_loss, result.val_accuracy].map(short);
        summary.headline = format!("trial {trial} chosen: validation loss {loss}, accuracy {accuracy}");
    }
    let texts: Vec<Vec<String>> = trials.iter().map(|trial| trial.settings.texts()).collect();
    let differs = |at: usize| texts.iter().any(|one| one[at] != texts[0][at]);
    let shown = |(at, name): &(usize, &str)| differs(*at) || *name == TrialSettings::LEARNING_RATE;
    let settings: Vec<(usize, &str)> = TrialSettings::names().iter().copied().enumerate().filter(shown).collect();
    let has_rungs = trials.iter().any(|trial| trial.result.rung != trials[0].result.rung);

    let mut columns = vec![("trial".to_owned(), Align::Right)];
    columns.extend(settings.iter().map(|(_, name)| {
        let align = if matches!(*name, "tune" | "hidden") { Align::Left } else { Align::Right };
        (name.replace('_', " "), align)
    }));
    columns.extend(["epochs", "kept epoch", "val loss", "val accuracy"].map(|name| (name.to_owned(), Align::Right)));
    columns.push(("status".to_owned(), Align::Left));
    if has_rungs {
        columns.push(("rung".to_owned(), Align::Right));
    }
    columns.push((String::new(), Align::Left));
    let title = if trials.len() > SHOWN {
        let count = trials.len();
        let least = |trial: &Trial| trial.result.val_loss.unwrap_or(f32::INFINITY);
        trials.sort_by(|a, b| least(a).total_cmp(&least(b)));
        format!("The best {SHOWN} of {count} trials (chosen by validation loss)")
    } else {
        "Trials (chosen by validation loss)".to_owned()
    };
    let columns: Vec<(&str, Align)> = columns.iter().map(|(name, align)| (name.as_str(), *align)).collect();
    let mut table = Table::new(title, &columns);
    for Trial { trial, settings: own, result } in trials.iter().take(SHOWN) {
        let texts = own.texts();
        let mut cells = vec![trial.to_string()];
        cells.extend(settings.iter().map(|(at, _)| match texts[*at].as_str() {
            "" => "none".to_owned(),
            text => text.to_owned(),
        }));
        cells.push(result.epochs.to_string());
        cells.push(result.kept_epoch.map(|epoch| epoch.to_string()).unwrap_or_default());
        cells.extend([result.val_loss, result.val_accuracy].map(short));
        cells.push(result.status.map(|status| status.to_string()).unwrap_or_default());
        if has_rungs {
            cells.push(result.rung.to_string());
        }
        cells.push(if result.chosen { "chosen".to_owned() } else { String::new() });
        table.row(cells);
    }
    summary.tables.push(table);
    Ok(summary)
}

/// Writes a number with four digits after the point. Returns an empty text for `None`, a trial without a kept epoch.
fn short(number: Option<f32>) -> String {
    number.map(|number| format!("{number:.4}")).unwrap_or_default()
}
