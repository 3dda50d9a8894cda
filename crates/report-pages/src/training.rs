//! Section "Training": the trials of the sweep, and the training history of the chosen trial.

use std::collections::BTreeMap;

use contract::tables::drawings;
use contract::{Artifact, EpochRow, Trial, TrialSettings};
use report::Color;
use report::chart::{Facet, Line, LineChart, Outcome, Stroke, SweepChart};
use report::page::{Block, Body, Figure, FigureWidth, Section, Table};
use report::scale;

use crate::inputs::ReportInputs;
use crate::text::{link, link_to};

/// The training history of one trial: the epoch and the value of each point.
#[derive(Default)]
struct Curves {
    train_loss: Vec<(f64, f64)>,
    val_loss: Vec<(f64, f64)>,
    val_accuracy: Vec<(f64, f64)>,
}

/// Returns the section.
pub(crate) fn section(inputs: &ReportInputs) -> Section {
    let trials = &inputs.trials;
    let mut figures = history(inputs);
    if trials.len() > 1 {
        figures.push(sweep(trials));
    }
    Section {
        id: "training".into(),
        title: "Training".into(),
        lead:
            "The layers from the tuning depth upwards are trained. The layers below are frozen. Each trial keeps the \
               weights of one epoch: the epoch with the least validation loss, or the last one, as configured."
                .into(),
        blocks: vec![Block::Figures(figures), Block::Table(table(trials))],
    }
}

/// Returns the name of a setting in words.
fn heading(name: &str) -> String {
    if name == "tune" { "tuned from".to_owned() } else { name.replace('_', " ") }
}

/// Returns the value of a setting in words.
fn value(text: &str) -> String {
    if text.is_empty() { "none".to_owned() } else { text.to_owned() }
}

/// Returns the index and the name of each setting that differs between the trials, and of the learning rate, which is always worth
/// knowing.
fn shown(trials: &[Trial]) -> Vec<(usize, &'static str)> {
    let texts: Vec<Vec<String>> = trials.iter().map(|trial| trial.settings.texts()).collect();
    let differs = |at: usize| texts.iter().any(|own| own[at] != texts[0][at]);
    let shown = |(at, name): &(usize, &str)| differs(*at) || *name == TrialSettings::LEARNING_RATE;
    TrialSettings::names().iter().copied().enumerate().filter(shown).collect()
}

/// Returns the settings of the chosen trial in words.
pub(crate) fn chosen_settings(trials: &[Trial]) -> Option<String> {
    let texts = trials.iter().find(|trial| trial.result.chosen)?.settings.texts();
    let words = shown(trials).into_iter().map(|(at, name)| format!("{} {}", heading(name), value(&texts[at])));
    Some(words.collect::<Vec<_>>().join(", "))
}

fn table(trials: &[Trial]) -> Table {
    let shown = shown(trials);
    let mut columns = vec![("trial".to_owned(), true)];
    columns.extend(shown.iter().map(|(_, name)| (heading(name), !matches!(*name, "tune" | "hidden"))));
    let results =
        [("epochs", true), ("kept epoch", true), ("val loss", true), ("val accuracy", true), ("stop reason", false)];
    columns.extend(results.map(|(name, number)| (name.to_owned(), number)));
    let rows = trials.iter().map(|trial| {
        let texts = trial.settings.texts();
        let result = &trial.result;
        let number = |value: Option<f32>, write: fn(f64) -> String| {
            value.filter(|value| value.is_finite()).map_or_else(|| "–".to_owned(), |value| write(f64::from(value)))
        };
        let mut cells = vec![trial.trial.to_string()];
        cells.extend(shown.iter().map(|(at, _)| value(&texts[*at])));
        cells.extend([
            result.epochs.to_string(),
            result.kept_epoch.map(|epoch| epoch.to_string()).unwrap_or_default(),
            number(result.val_loss, |loss| format!("{loss:.4}")),
            number(result.val_accuracy, scale::percent),
            result.status.map(|status| status.to_string()).unwrap_or_default(),
        ]);
        (cells, result.chosen)
    });
    let count = trials.len();
    Table {
        title: format!("The sweep: {count} {}", if count == 1 { "trial" } else { "trials" }),
        note: "The chosen trial has the least validation loss. It is marked.".into(),
        columns,
        rows: rows.collect(),
        links: vec![link_to::<Vec<Trial>>()],
    }
}

/// Returns the chart of the loss of every trial by each setting.
fn sweep(trials: &[Trial]) -> Figure {
    let texts: Vec<Vec<String>> = trials.iter().map(|trial| trial.settings.texts()).collect();
    let facets = TrialSettings::names().iter().enumerate().map(|(at, name)| {
        let mut values: Vec<&String> = Vec::new();
        for own in &texts {
            if !values.contains(&&own[at]) {
                values.push(&own[at]);
            }
        }
        // The empty text, which the chart shows as "none", comes first.
        values.sort_by_key(|value| !value.is_empty());
        let places = texts.iter().map(|own| values.iter().position(|value| **value == own[at]).unwrap_or(0));
        let places = places.collect();
        Facet { name: heading(name), values: values.into_iter().map(|text| value(text)).collect(), places }
    });
    let outcome = |trial: &Trial| Outcome {
        name: format!("trial {}", trial.trial),
        value: trial.result.val_loss.filter(|loss| loss.is_finite()).map(f64::from),
        chosen: trial.result.chosen,
    };
    let chart = SweepChart {
        label: "Validation loss of every trial, by each setting".into(),
        y: "validation loss".into(),
        outcomes: trials.iter().map(outcome).collect(),
        facets: facets.collect(),
    };
    Figure {
        title: "The effect of each setting".into(),
        note:
            "Each dot is a trial, the square is the chosen trial, and a short line is the best trial of its column. A \
               setting matters when these lines are at different heights."
                .into(),
        body: Body::Chart(chart.scene()),
        links: vec![link_to::<Vec<Trial>>(), link(Vec::<Trial>::STAGE, drawings::SWEEP)],
        width: FigureWidth::Wide,
    }
}

/// Returns the charts of the loss and the accuracy by epoch.
fn history(inputs: &ReportInputs) -> Vec<Figure> {
    let chosen = inputs.trials.iter().find(|trial| trial.result.chosen);
    let number = chosen.map_or(0, |trial| trial.trial);
    let mut trials: BTreeMap<usize, Curves> = BTreeMap::new();
    for row in &inputs.history {
        let curves = trials.entry(row.trial).or_default();
        for (value, points) in [
            (row.train_loss, &mut curves.train_loss),
            (row.val_loss, &mut curves.val_loss),
            (row.val_accuracy, &mut curves.val_accuracy),
        ] {
            if value.is_finite() {
                points.push((row.epoch as f64, f64::from(value)));
            }
        }
    }
    let line =
        |name: String, points: &[(f64, f64)], color, stroke| Line { name, points: points.to_vec(), color, stroke };
    let (mut losses, mut accuracies) = (Vec::new(), Vec::new());
    for (other, curves) in trials.iter().filter(|(other, _)| **other != number) {
        accuracies.push(line(format!("trial {other}"), &curves.val_accuracy, Color::BLUE, Stroke::Context));
    }
    if let Some(curves) = trials.get(&number) {
        losses.push(line("train".into(), &curves.train_loss, Color::BLUE, Stroke::Solid));
        losses.push(line("val".into(), &curves.val_loss, Color::VERMILION, Stroke::Dashed));
        accuracies.push(line(format!("trial {number}"), &curves.val_accuracy, Color::VERMILION, Stroke::Solid));
    }
    let rule = chosen.and_then(|trial| trial.result.kept_epoch).map(|epoch| (epoch as f64, "kept".to_owned()));
    let figure = |title: String, note: &str, chart: LineChart| Figure {
        title,
        note: note.into(),
        body: Body::Chart(chart.scene()),
        links: vec![link_to::<Vec<EpochRow>>(), link(Vec::<EpochRow>::STAGE, drawings::CURVES)],
        width: FigureWidth::Normal,
    };
    let chart = |label: &str, y: &str, lines, percent| LineChart {
        label: label.into(),
        x: "epoch".into(),
        y: y.into(),
        lines,
        rule: rule.clone(),
        percent,
    };
    vec![
        figure(
            format!("Loss of trial {number}"),
            "The network overfits where the validation loss rises while the training loss falls.",
            chart("Training and validation loss by epoch", "cross-entropy", losses, false),
        ),
        figure(
            "Validation accuracy".into(),
            "The chosen trial is in colour, the other trials are in gray.",
            chart("Validation accuracy by epoch", "share of right predictions", accuracies, true),
        ),
    ]
}
