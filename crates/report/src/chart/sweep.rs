//! A chart that shows the effect of each setting of a sweep. It has a panel for each setting, a column for each value, and a dot
//! for each trial.
//!
//! Every panel shows all trials over the same vertical axis. If a setting matters, its columns have different heights.

use super::{LegendEntry, Swatch, TEXT, empty_chart, legend};
use crate::{
    Color,
    scale::{self, Scale},
    scene::{Anchor, Mark, Scene},
    text,
};

/// A trial.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The text that appears on hover.
    pub name: String,
    /// The result, where less is better. `None` if the trial has no result.
    pub value: Option<f64>,
    /// Whether the trial is highlighted.
    pub chosen: bool,
}

/// A setting.
#[derive(Clone, Debug)]
pub struct Facet {
    /// The name of the setting.
    pub name: String,
    /// The values, from left to right.
    pub values: Vec<String>,
    /// For each trial, the index of its value in [`Facet::values`].
    pub places: Vec<usize>,
}

/// The results of a sweep by setting.
#[derive(Clone, Debug)]
pub struct SweepChart {
    /// The text alternative of the chart.
    pub label: String,
    /// The name of the vertical axis.
    pub y: String,
    /// The trials.
    pub outcomes: Vec<Outcome>,
    /// The settings. A setting with a single value is left out.
    pub facets: Vec<Facet>,
}

const WIDTH: f64 = 720.0;
/// Least width of the chart, which the legend needs.
const LEAST_WIDTH: f64 = 300.0;
/// Heights of the plot of a panel and of the space above and below it.
const PLOT: f64 = 190.0;
const ABOVE: f64 = 30.0;
const BELOW: f64 = 34.0;
/// Least and greatest width of a column.
const COLUMN: (f64, f64) = (46.0, 110.0);
const GAP: f64 = 22.0;
/// The axis is logarithmic if the ratio of the largest to the least value is above this.
const WIDE: f64 = 8.0;

/// The position of a panel.
struct Panel<'a> {
    facet: &'a Facet,
    left: f64,
    top: f64,
    /// The width of a column.
    column: f64,
}

impl SweepChart {
    /// Draws the chart.
    pub fn scene(&self) -> Scene {
        let values: Vec<f64> = self.outcomes.iter().filter_map(|outcome| valid(outcome.value)).collect();
        let (least, most) = values.iter().fold((f64::INFINITY, 0.0_f64), |(a, b), v| (a.min(*v), b.max(*v)));
        if !least.is_finite() {
            return empty_chart(&self.label);
        }
        let up = if least > 0.0 && most / least > WIDE {
            Scale::logarithmic(least / 1.1, most * 1.1, 3)
        } else {
            let margin = (most - least).max(1e-6) * 0.06;
            Scale::around(least - margin, most + margin, 5)
        };
        let axis = up.ticks.iter().map(|tick| text::width(&up.label(*tick), TEXT)).fold(0.0, f64::max) + 14.0;
        let all = self.all();
        let facets: Vec<&Facet> = self.facets.iter().filter(|facet| facet.values.len() > 1).collect();
        let panels = panels(if facets.is_empty() { vec![&all] } else { facets }, axis);
        let bottom = panels.last().map_or(0.0, |panel| panel.top + PLOT + BELOW);
        let lost = self.outcomes.len() - values.len();
        let right = |panel: &Panel| panel.left + panel.column * panel.facet.values.len() as f64;
        let width = panels.iter().map(right).fold(LEAST_WIDTH, f64::max) + 4.0;
        let mut scene = Scene::new(width, bottom + if lost > 0 { 22.0 } else { 4.0 }, &self.label);
        let entries = [
            LegendEntry { name: "a trial", color: Color::BLUE, swatch: Swatch::Dot },
            LegendEntry { name: "chosen", color: Color::VERMILION, swatch: Swatch::Frame },
        ];
        scene.add(Mark::text("strong", (0.0, 14.0), Anchor::Start, &self.y));
        legend(&mut scene, &entries, text::width(&self.y, TEXT) * 1.08 + 24.0, width, 10.0);
        for panel in &panels {
            self.panel(&mut scene, panel, &up, axis);
        }
        if lost > 0 {
            let words = format!("Not shown, without a loss that is a number: {lost}");
            scene.add(Mark::text("soft", (0.0, bottom + 14.0), Anchor::Start, &words));
        }
        scene
    }

    /// Returns the panel for a sweep in which no setting differs. It has the trials side by side.
    fn all(&self) -> Facet {
        let count = self.outcomes.len();
        let values = (1..=count).map(|number| number.to_string()).collect();
        Facet { name: "trial".to_owned(), values, places: (0..count).collect() }
    }

    fn panel(&self, scene: &mut Scene, panel: &Panel, up: &Scale, axis: f64) {
        let (top, bottom) = (panel.top, panel.top + PLOT);
        let right = panel.left + panel.column * panel.facet.values.len() as f64;
        let height = |value: f64| bottom - up.share(value) * PLOT;
        let leftmost = panel.left <= axis + 1e-9;
        for tick in &up.ticks {
            scene.add(Mark::line("rule", (panel.left, height(*tick)), (right, height(*tick))));
            if leftmost {
                let at = (panel.left - 8.0, height(*tick) + 4.0);
                scene.add(Mark::text("soft", at, Anchor::End, &up.label(*tick)));
            }
        }
        let middle = f64::midpoint(panel.left, right);
        let name = text::fit(&panel.facet.name, TEXT, right - panel.left + GAP);
        scene.add(Mark::text("strong", (middle, top - 8.0), Anchor::Middle, &name).title(&panel.facet.name));
        scene.add(Mark::line("axis", (panel.left, bottom), (right, bottom)));
        for (place, value) in panel.facet.values.iter().enumerate() {
            let x = panel.left + (place as f64 + 0.5) * panel.column;
            let words = text::fit(value, TEXT, panel.column - 4.0);
            scene.add(Mark::text("soft", (x, bottom + 18.0), Anchor::Middle, &words).title(value));
            let here = self.outcomes.iter().zip(&panel.facet.places).filter(|(_, at)| **at == place);
            let best = here.filter_map(|(outcome, _)| valid(outcome.value)).fold(f64::INFINITY, f64::min);
            if best.is_finite() {
                let half = panel.column * 0.36;
                let words = format!("best with {} {value}: {}", panel.facet.name, scale::short(best));
                scene.add(Mark::line("axis", (x - half, height(best)), (x + half, height(best))).title(&words));
            }
        }
        // The highlighted trial is drawn last, so that it is on top.
        let numbered = || self.outcomes.iter().zip(&panel.facet.places).enumerate();
        for (number, (outcome, place)) in
            numbered().filter(|(_, (o, _))| !o.chosen).chain(numbered().filter(|(_, (o, _))| o.chosen))
        {
            let Some(value) = valid(outcome.value) else { continue };
            let middle = panel.left + (*place as f64 + 0.5) * panel.column;
            // Dots with similar heights are moved apart. Multiples of the golden ratio are never close to each other.
            let aside = ((number as f64 * 0.618_034).fract() - 0.5) * panel.column * 0.56;
            let at = (middle + aside, height(value));
            let words = format!("{}: {}", outcome.name, scale::short(value));
            scene.add(Mark::circle("dot", at, 4.5).fill(Color::BLUE).opacity(0.75).title(&words));
            if outcome.chosen {
                let corner = (at.0 - 8.0, at.1 - 8.0);
                scene.add(Mark::rect("outline", corner, (16.0, 16.0), 3.0).stroke(Color::VERMILION).title(&words));
            }
        }
    }
}

fn valid(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

/// Arranges the panels in rows.
fn panels(facets: Vec<&Facet>, axis: f64) -> Vec<Panel<'_>> {
    let mut panels: Vec<Panel> = Vec::new();
    let (mut x, mut y) = (axis, 20.0 + ABOVE);
    for facet in facets {
        let count = facet.values.len().max(1) as f64;
        let widest = facet.values.iter().map(|value| text::width(value, TEXT) + 14.0).fold(COLUMN.0, f64::max);
        let column = widest.min(COLUMN.1).min((WIDTH - axis) / count);
        if x > axis && x + column * count > WIDTH {
            (x, y) = (axis, y + PLOT + BELOW + ABOVE);
        }
        panels.push(Panel { facet, left: x, top: y, column });
        x += column * count + GAP;
    }
    panels
}
