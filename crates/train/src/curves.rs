//! The charts of the sweep: `curves.svg` shows the losses by epoch, `sweep.svg` the validation loss by setting.

use anyhow::Result;
use contract::TrialSettings;
use contract::config::Keep;
use contract::tables::drawings;
use report::Color;
use report::chart::{Facet, Line, LineChart, Outcome, Stroke, SweepChart};

use crate::history::Epoch;
use crate::sweep::{Sweep, Trial};
use crate::view::Run;

/// The losses of other trials are drawn up to this multiple of the highest loss of the chosen trial. Without a limit, a
/// diverging trial would flatten the other curves.
const HEADROOM: f64 = 1.5;

/// Writes both charts.
pub(crate) fn write(run: &Run, sweep: &Sweep) -> Result<()> {
    let keep = run.config.train.keep;
    run.write(drawings::CURVES, losses(sweep, keep).scene().standalone()?.as_bytes())?;
    run.write(drawings::SWEEP, settings(sweep, keep).scene().standalone()?.as_bytes())
}

/// Returns the chart of the losses by epoch.
fn losses(sweep: &Sweep, keep: Keep) -> LineChart {
    let chosen = &sweep.trials[sweep.chosen];
    let points = |trial: &Trial, of: fn(&Epoch) -> f32| -> Vec<(f64, f64)> {
        let numbered = trial.history.epochs.iter().zip(1_u32..);
        numbered.map(|(epoch, number)| (f64::from(number), f64::from(of(epoch)))).collect()
    };
    let (train, val) = (points(chosen, |epoch| epoch.train_loss), points(chosen, |epoch| epoch.val_loss));
    let highest = train.iter().chain(&val).map(|(_, loss)| *loss).fold(0.0, f64::max) * HEADROOM;
    let line = |name: &str, points, color, stroke| Line { name: name.to_owned(), points, color, stroke };
    let mut lines: Vec<Line> = Vec::new();
    for (at, trial) in sweep.trials.iter().enumerate().filter(|(at, _)| *at != sweep.chosen) {
        let mut points = points(trial, |epoch| epoch.val_loss);
        points.retain(|(_, loss)| *loss <= highest);
        lines.push(line(&format!("trial {}, val", at + 1), points, Color::BLUE, Stroke::Context));
    }
    lines.push(line("train", train, Color::BLUE, Stroke::Solid));
    lines.push(line("val", val, Color::VERMILION, Stroke::Dashed));
    let kept = chosen.history.kept(keep).map(|(at, _)| ((at + 1) as f64, "kept".to_owned()));
    LineChart {
        label: format!("Loss by epoch: trial {} of {}, the others in gray", sweep.chosen + 1, sweep.trials.len()),
        x: "epoch".to_owned(),
        y: "cross-entropy".to_owned(),
        lines,
        rule: kept,
        percent: false,
    }
}

/// Returns a chart with one panel for each setting.
fn settings(sweep: &Sweep, keep: Keep) -> SweepChart {
    let trials = &sweep.trials;
    let texts: Vec<Vec<String>> = trials.iter().map(|trial| trial.settings.texts()).collect();
    let facets = TrialSettings::names().iter().enumerate().map(|(at, name)| {
        let mut values: Vec<String> = Vec::new();
        for text in texts.iter().map(|texts| &texts[at]).filter(|text| !text.is_empty()) {
            if !values.contains(text) {
                values.push(text.clone());
            }
        }
        // The values have the order of the configured list. The empty text, for a head without hidden layers, comes first.
        if texts.iter().any(|texts| texts[at].is_empty()) {
            values.insert(0, String::new());
        }
        let places =
            texts.iter().map(|texts| values.iter().position(|value| *value == texts[at]).unwrap_or(0)).collect();
        let values = values.into_iter().map(|value| if value.is_empty() { "none".to_owned() } else { value });
        Facet { name: name.replace('_', " "), values: values.collect(), places }
    });
    let outcome = |(at, trial): (usize, &Trial)| Outcome {
        name: format!("trial {} ({})", at + 1, trial.settings),
        value: trial.history.kept(keep).map(|(_, epoch)| f64::from(epoch.val_loss)),
        chosen: at == sweep.chosen,
    };
    SweepChart {
        label: "Validation loss of every trial, by each setting".to_owned(),
        y: "validation loss".to_owned(),
        outcomes: trials.iter().enumerate().map(outcome).collect(),
        facets: facets.collect(),
    }
}
