//! The sweep's trials and the curves of the one that was chosen.

use std::collections::BTreeMap;

use anyhow::Result;
use report::Color;
use report::chart::{Line, LineChart, Stroke};
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

/// The section.
pub(super) fn section(of: &Material) -> Result<Section> {
    let (mut chosen, mut best, mut rows) = (String::new(), None, Vec::new());
    for trial in of.results.trials.rows() {
        let is_chosen = trial.text("chosen")? == "true";
        if is_chosen {
            trial.text("trial")?.clone_into(&mut chosen);
            best = trial.number("best_epoch")?;
        }
        let number = |column: &str, write: fn(f64) -> String| -> Result<String> {
            Ok(trial.number(column)?.map_or("–".to_owned(), write))
        };
        let hidden = trial.text("hidden")?;
        let cells = vec![
            trial.text("trial")?.to_owned(),
            trial.text("learning_rate")?.to_owned(),
            trial.text("dropout")?.to_owned(),
            if hidden.is_empty() { "none".to_owned() } else { hidden.to_owned() },
            trial.text("epochs")?.to_owned(),
            trial.text("best_epoch")?.to_owned(),
            number("val_loss", |v| format!("{v:.4}"))?,
            number("val_accuracy", scale::percent)?,
            trial.text("status")?.to_owned(),
        ];
        rows.push((cells, is_chosen));
    }
    let columns = [
        ("trial", true),
        ("learning rate", true),
        ("dropout", true),
        ("hidden", false),
        ("epochs", true),
        ("best epoch", true),
        ("val loss", true),
        ("val accuracy", true),
        ("ended by", false),
    ];
    let count = rows.len();
    let table = Table {
        title: format!("The sweep: {count} {}, chosen by validation loss", if count == 1 { "trial" } else { "trials" }),
        columns: columns.map(|(name, number)| (name.to_owned(), number)).to_vec(),
        rows,
        links: links(["../train/trials.csv"]),
    };
    Ok(Section {
        id: "training".into(),
        title: "Training".into(),
        lead: "Only the head learns; the network below it is frozen. The epoch with the least validation loss is kept."
            .into(),
        blocks: vec![Block::Figures(figures(of, &chosen, best)?), Block::Table(table)],
    })
}

/// Loss and accuracy over the epochs.
fn figures(of: &Material, chosen: &str, best: Option<f64>) -> Result<Vec<Figure>> {
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
    let rule = best.map(|epoch| (epoch, "kept".to_owned()));
    let figure = |title: String, note: &str, chart: LineChart| Figure {
        title,
        note: note.into(),
        body: Body::Chart(chart.scene()),
        links: links(["../train/history.csv"]),
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
