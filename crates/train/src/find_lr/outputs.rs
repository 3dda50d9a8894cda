//! `curve.csv`, `find_lr.svg` and `suggestion.json`, and what is told of them.

use std::path::Path;

use crate::view::Run;
use anyhow::{Context, Result, anyhow};
use pipeline::{Align, HintExt, Summary, Table};
use report::Color;
use report::chart::{Line, LineChart, Stroke};
use report::scale;
use serde_json::{Value, json};

use super::range::{Point, suggestion};
use crate::settings::Settings;

const SUGGESTION: &str = "suggestion.json";

/// Writes the outputs of a test that gave `curve`.
pub(super) fn write(run: &Run, settings: &Settings, curve: &[Point]) -> Result<()> {
    let rate = suggestion(curve)
        .ok_or_else(|| anyhow!("the loss did not fall at any learning rate"))
        .hint("look at the pictures and their classes: there seems to be nothing to learn in them")?;
    let rows =
        curve.iter().map(|point| [point.learning_rate, point.loss, point.smoothed].map(|value| value.to_string()));
    run.write_csv("curve.csv", &["learning_rate", "loss", "smoothed_loss"], rows)?;
    run.write("find_lr.svg", chart(curve, rate).scene_over_powers().standalone()?.as_bytes())?;
    let mut text = json!({ "learning_rate": rate, "line": line(rate), "steps": curve.len() });
    for (name, value) in Settings::NAMES.iter().zip(settings.texts()).filter(|(name, _)| **name != "learning_rate") {
        text[*name] = Value::String(value);
    }
    run.write(SUGGESTION, format!("{text:#}\n").as_bytes())
}

/// The line for `[train.sweep]`.
fn line(rate: f64) -> String {
    format!("learning_rate = [{rate}]")
}

fn chart(curve: &[Point], rate: f64) -> LineChart {
    let points = |of: fn(&Point) -> f64| curve.iter().map(|point| (point.learning_rate, of(point))).collect();
    // One batch that went far astray would flatten the rest.
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

/// What was found, as it stands in `folder`.
pub(super) fn summary(folder: &Path) -> Result<Summary> {
    let path = folder.join(SUGGESTION);
    let text = fs_err::read_to_string(&path).hint("run `just find-lr --force`")?;
    let damaged = || format!("{} is damaged", path.display());
    let found: Value = serde_json::from_str(&text).with_context(damaged)?;
    let line = found["line"].as_str().with_context(damaged)?;
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut table = Table::new("For [train.sweep] in pipeline.toml", &[("", Align::Left), ("", Align::Left)]);
    table.row(["line", line]);
    for (name, value) in found.as_object().with_context(damaged)? {
        let value = shown(value);
        if name != "line" && !value.is_empty() {
            table.row([name.as_str(), &value]);
        }
    }
    Ok(Summary { headline: format!("suggests {line}"), tables: vec![table], ..Summary::default() })
}
