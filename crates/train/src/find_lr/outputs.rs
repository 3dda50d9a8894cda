//! The outputs of the range test and their summary.

use std::path::Path;

use anyhow::{Result, anyhow};
use contract::{Artifact, RangePoint, Suggestion, TrialSettings};
use pipeline::{Align, HintExt, Summary, Table};
use report::Color;
use report::chart::{Line, LineChart, Stroke};
use report::scale;
use serde_json::Value;

use crate::view::Run;

use super::range::{Point, suggestion};

/// The drawing of the curve.
const DRAWING: &str = "find_lr.svg";

/// Writes the outputs of a test with this `curve`.
pub(super) fn write(run: &Run, settings: &TrialSettings, curve: &[Point]) -> Result<()> {
    let rate = suggestion(curve).ok_or_else(|| anyhow!("the loss did not fall at any learning rate")).hint(
        if run.config.train.label_smoothing > 0.5 {
            "lower `train.label_smoothing`: it spreads most of the target over all classes"
        } else {
            "check the images and their classes: the network finds nothing to learn in them"
        },
    )?;
    let row = |point: &Point| RangePoint {
        learning_rate: point.learning_rate,
        loss: point.loss,
        smoothed_loss: point.smoothed,
    };
    curve.iter().map(row).collect::<Vec<_>>().write(run)?;
    run.write(DRAWING, chart(curve, rate).scene_logarithmic().standalone()?.as_bytes())?;
    let others =
        TrialSettings::names().iter().zip(settings.texts()).filter(|(name, _)| **name != TrialSettings::LEARNING_RATE);
    let settings = others.map(|(name, value)| ((*name).to_owned(), Value::String(value))).collect();
    Suggestion { learning_rate: rate, line: line(rate), steps: curve.len(), settings }.write(run)
}

/// Returns the line for `[train.sweep]` in the configuration.
fn line(rate: f64) -> String {
    format!("learning_rate = [{rate}]")
}

fn chart(curve: &[Point], rate: f64) -> LineChart {
    let points = |of: fn(&Point) -> f64| curve.iter().map(|point| (point.learning_rate, of(point))).collect();
    // Losses of single batches above the curve are left out: one huge loss would flatten the curve.
    let highest = curve.iter().map(|point| point.smoothed).fold(0.0, f64::max);
    let mut raw: Vec<(f64, f64)> = points(|point| point.loss);
    raw.retain(|(_, loss)| *loss <= highest);
    LineChart {
        label: format!("Loss while the learning rate rises; {} is suggested", scale::short(rate)),
        x: "learning rate".to_owned(),
        y: "cross-entropy".to_owned(),
        lines: vec![
            Line { name: "each batch".to_owned(), points: raw, color: Color::BLUE, stroke: Stroke::Context },
            Line {
                name: "smoothed loss".to_owned(),
                points: points(|point| point.smoothed),
                color: Color::BLUE,
                stroke: Stroke::Solid,
            },
        ],
        rule: Some((rate, format!("suggested: {}", scale::short(rate)))),
        percent: false,
    }
}

/// Returns the summary of the test whose outputs are in `folder`.
pub(super) fn summary(folder: &Path) -> Result<Summary> {
    let found = Suggestion::read_in(folder)?;
    let mut table = Table::new("For [train.sweep] in pipeline.toml", &[("", Align::Left), ("", Align::Left)]);
    table.row(["line", found.line.as_str()]);
    table.row(["learning_rate", &found.learning_rate.to_string()]);
    table.row(["steps", &found.steps.to_string()]);
    for (name, value) in &found.settings {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if !value.is_empty() {
            table.row([name.as_str(), &value]);
        }
    }
    Ok(Summary { headline: format!("suggests {}", found.line), tables: vec![table], ..Summary::default() })
}
