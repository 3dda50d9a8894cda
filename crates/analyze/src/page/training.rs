//! The sweep's trials and the curves of the one that was chosen.

use std::collections::BTreeMap;

use anyhow::Result;
use report::Color;
use report::chart::{Facet, Line, LineChart, Outcome, Stroke, SweepChart};
use report::page::{Block, Body, Figure, Room, Section, Table};
use report::scale;

use super::{Material, links};

/// What one trial went through, epoch by epoch.
#[derive(Default)]
struct Curves {
    train_loss: Vec<(f64, f64)>,
    val_loss: Vec<(f64, f64)>,
    val_accuracy: Vec<(f64, f64)>,
}

/// The settings of a trial: a column of `trials.csv`, its heading, and whether it holds numbers.
const SETTINGS: [(&str, &str, bool); 6] = [
    ("tune", "tuned from", false),
    ("hidden", "hidden", false),
    ("copies", "copies", true),
    ("dropout", "dropout", true),
    ("weight_decay", "weight decay", true),
    ("learning_rate", "learning rate", true),
];

/// The section.
pub(super) fn section(of: &Material) -> Result<Section> {
    let (mut chosen, mut kept, mut settings, mut results) = (String::new(), None, Vec::new(), Vec::new());
    for trial in of.results.trials.rows() {
        let is_chosen = trial.text("chosen")? == "true";
        if is_chosen {
            trial.text("trial")?.clone_into(&mut chosen);
            kept = trial.number("kept_epoch")?;
        }
        let number = |column: &str, write: fn(f64) -> String| -> Result<String> {
            Ok(trial.number(column)?.map_or("–".to_owned(), write))
        };
        let texts: Result<Vec<String>> =
            SETTINGS.iter().map(|(column, ..)| Ok(trial.text(column)?.to_owned())).collect();
        settings.push(texts?);
        let cells = vec![
            trial.text("epochs")?.to_owned(),
            trial.text("kept_epoch")?.to_owned(),
            number("val_loss", |v| format!("{v:.4}"))?,
            number("val_accuracy", scale::percent)?,
            trial.text("status")?.to_owned(),
        ];
        results.push((trial.text("trial")?.to_owned(), cells, is_chosen));
    }
    // What is the same in every trial says nothing; the rate is always worth knowing.
    let differs = |at: usize| settings.iter().any(|texts| texts[at] != settings[0][at]);
    let shown: Vec<usize> =
        (0..SETTINGS.len()).filter(|at| differs(*at) || SETTINGS[*at].0 == "learning_rate").collect();
    let mut columns = vec![("trial".to_owned(), true)];
    columns.extend(shown.iter().map(|at| (SETTINGS[*at].1.to_owned(), SETTINGS[*at].2)));
    let after =
        [("epochs", true), ("kept epoch", true), ("val loss", true), ("val accuracy", true), ("ended by", false)];
    columns.extend(after.map(|(name, number)| (name.to_owned(), number)));
    let rows: Vec<(Vec<String>, bool)> = results
        .into_iter()
        .zip(&settings)
        .map(|((name, cells, is_chosen), texts)| {
            let text = |at: &usize| match texts[*at].as_str() {
                "" => "none".to_owned(),
                text => text.to_owned(),
            };
            ([name].into_iter().chain(shown.iter().map(text)).chain(cells).collect(), is_chosen)
        })
        .collect();
    let mut figures = figures(of, &chosen, kept)?;
    if rows.len() > 1 {
        figures.push(sweep(of, &settings)?);
    }
    let count = rows.len();
    let table = Table {
        title: format!("The sweep: {count} {}", if count == 1 { "trial" } else { "trials" }),
        note: "The trial with the least validation loss is chosen, and marked.".into(),
        columns,
        rows,
        links: links(["../train/trials.csv"]),
    };
    Ok(Section {
        id: "training".into(),
        title: "Training".into(),
        lead: "The layers from the tuning depth up learn; the network below is frozen. Of each trial the weights of one epoch \
               are kept: the one with the least validation loss, or the last, as the configuration says."
            .into(),
        blocks: vec![Block::Figures(figures), Block::Table(table)],
    })
}

/// What each setting is worth: every trial's loss by the settings that differ.
fn sweep(of: &Material, settings: &[Vec<String>]) -> Result<Figure> {
    let facets = SETTINGS.iter().enumerate().map(|(at, (_, name, _))| {
        let mut values: Vec<String> = Vec::new();
        for texts in settings {
            if !values.contains(&texts[at]) {
                values.push(texts[at].clone());
            }
        }
        // No hidden layer comes before any.
        values.sort_by_key(|value| !value.is_empty());
        let places = settings.iter().map(|texts| values.iter().position(|value| *value == texts[at]).unwrap_or(0));
        let places = places.collect();
        let values = values.into_iter().map(|value| if value.is_empty() { "none".to_owned() } else { value });
        Facet { name: (*name).to_owned(), values: values.collect(), places }
    });
    let mut outcomes = Vec::new();
    for trial in of.results.trials.rows() {
        outcomes.push(Outcome {
            name: format!("trial {}", trial.text("trial")?),
            value: trial.number("val_loss")?,
            chosen: trial.text("chosen")? == "true",
        });
    }
    let chart = SweepChart {
        label: "Validation loss of every trial, by each setting".into(),
        y: "validation loss".into(),
        outcomes,
        facets: facets.collect(),
    };
    Ok(Figure {
        title: "What each setting is worth".into(),
        note: "A dot is a trial, the square marks the chosen one, the line the best of each value. A setting that matters has \
               columns at different heights."
            .into(),
        body: Body::Chart(chart.scene()),
        links: links(["../train/trials.csv", "../train/sweep.svg"]),
        room: Room::Wide,
    })
}

/// Loss and accuracy over the epochs.
fn figures(of: &Material, chosen: &str, kept: Option<f64>) -> Result<Vec<Figure>> {
    let mut trials: BTreeMap<usize, (String, Curves)> = BTreeMap::new();
    for row in of.results.history.rows() {
        let name = row.text("trial")?;
        let number = name.parse().unwrap_or(usize::MAX);
        let (_, curves) = trials.entry(number).or_insert_with(|| (name.to_owned(), Curves::default()));
        let epoch = row.sure("epoch")?;
        for (column, points) in [
            ("train_loss", &mut curves.train_loss),
            ("val_loss", &mut curves.val_loss),
            ("val_accuracy", &mut curves.val_accuracy),
        ] {
            points.extend(row.number(column)?.map(|value| (epoch, value)));
        }
    }
    let line =
        |name: String, points: &[(f64, f64)], color, stroke| Line { name, points: points.to_vec(), color, stroke };
    let (mut losses, mut accuracies) = (Vec::new(), Vec::new());
    for (name, curves) in trials.values().filter(|(name, _)| name != chosen) {
        accuracies.push(line(format!("trial {name}"), &curves.val_accuracy, Color::BLUE, Stroke::Context));
    }
    for (_, curves) in trials.values().filter(|(name, _)| name == chosen) {
        losses.push(line("train".into(), &curves.train_loss, Color::BLUE, Stroke::Solid));
        losses.push(line("val".into(), &curves.val_loss, Color::VERMILION, Stroke::Dashed));
        accuracies.push(line(format!("trial {chosen}"), &curves.val_accuracy, Color::VERMILION, Stroke::Solid));
    }
    let rule = kept.map(|epoch| (epoch, "kept".to_owned()));
    let figure = |title: String, note: &str, chart: LineChart| Figure {
        title,
        note: note.into(),
        body: Body::Chart(chart.scene()),
        links: links(["../train/history.csv", "../train/curves.svg"]),
        room: Room::Normal,
    };
    let chart = |label: &str, y: &str, lines, percent| LineChart {
        label: label.into(),
        x: "epoch".into(),
        y: y.into(),
        lines,
        rule: rule.clone(),
        percent,
    };
    Ok(vec![
        figure(
            format!("Loss of trial {chosen}"),
            "Where the validation loss rises while the training loss falls, the head learns the pictures by heart.",
            chart("Training and validation loss by epoch", "cross-entropy", losses, false),
        ),
        figure(
            "Validation accuracy".into(),
            "The chosen trial in colour, the others in gray.",
            chart("Validation accuracy by epoch", "share that is right", accuracies, true),
        ),
    ])
}
