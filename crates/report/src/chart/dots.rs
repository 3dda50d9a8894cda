//! A chart with rows of dots and intervals on one axis, for example scores by class.

use super::{LegendEntry, Swatch, TEXT, empty_chart, legend};
use crate::{
    Color,
    scale::{self, Scale},
    scene::{Anchor, Mark, Scene},
    text,
};

/// A quantity that every row may have.
#[derive(Clone, Debug)]
pub struct Measure {
    /// The name in the legend.
    pub name: String,
    /// The colour.
    pub color: Color,
}

/// A row of the chart.
#[derive(Clone, Debug)]
pub struct DotRow {
    /// The name of the row.
    pub name: String,
    /// The value of each measure, a share of 1. `None` for a missing value.
    pub values: Vec<Option<f64>>,
    /// The interval of the first value.
    pub interval: Option<(f64, f64)>,
    /// Whether the row is highlighted.
    pub chosen: bool,
}

/// A dot chart. The axis ends at 100 % and starts at a round value below the values.
#[derive(Clone, Debug)]
pub struct DotChart {
    /// The text alternative of the chart.
    pub label: String,
    /// The measures.
    pub measures: Vec<Measure>,
    /// The rows, from top to bottom.
    pub rows: Vec<DotRow>,
}

const WIDTH: f64 = 470.0;
const ROW: f64 = 28.0;

impl DotChart {
    /// Draws the chart.
    pub fn scene(&self) -> Scene {
        let values = self.rows.iter().flat_map(|row| {
            let ends = row.interval.into_iter().flat_map(|(a, b)| [a, b]);
            row.values.iter().flatten().copied().chain(ends)
        });
        let least = values.filter(|v| v.is_finite()).fold(f64::INFINITY, f64::min);
        if !least.is_finite() {
            return empty_chart(&self.label);
        }
        // The axis starts at a round value clearly below the least value.
        let low = ((least - 0.05) * 10.0).floor().clamp(0.0, 8.0) / 10.0;
        let axis = Scale::exactly(low, 1.0, 5);

        let names = self.rows.iter().map(|r| text::width(&r.name, TEXT)).fold(0.0, f64::max).min(190.0);
        let (left, right) = (names + 18.0, WIDTH - 66.0);
        let height = 34.0 + self.rows.len() as f64 * ROW + 30.0;
        let mut scene = Scene::new(WIDTH, height, &self.label);
        let entries: Vec<LegendEntry> =
            self.measures.iter().map(|m| LegendEntry { name: &m.name, color: m.color, swatch: Swatch::Dot }).collect();
        legend(&mut scene, &entries, left, right, 10.0);
        if let [first, _, ..] = &self.measures[..] {
            // The numbers on the right are values of the first measure.
            scene.add(Mark::text("soft", (WIDTH - 4.0, 14.0), Anchor::End, &first.name));
        }
        let place = |value: f64| left + axis.share(value.clamp(low, 1.0)) * (right - left);
        let (top, bottom) = (30.0, 30.0 + self.rows.len() as f64 * ROW);
        for (index, row) in self.rows.iter().enumerate() {
            let y = top + index as f64 * ROW;
            if row.chosen {
                scene.add(Mark::rect("band", (0.0, y), (WIDTH, ROW), 5.0));
            }
        }
        for tick in &axis.ticks {
            scene.add(Mark::line("rule", (place(*tick), top), (place(*tick), bottom)));
            let at = (place(*tick), bottom + 18.0);
            scene.add(Mark::text("soft", at, Anchor::Middle, &axis.percent(*tick)));
        }
        for (index, row) in self.rows.iter().enumerate() {
            self.row(&mut scene, row, top + (index as f64 + 0.5) * ROW, names, place);
        }
        scene
    }

    fn row(&self, scene: &mut Scene, row: &DotRow, y: f64, names: f64, place: impl Fn(f64) -> f64) {
        let name = text::fit(&row.name, TEXT, names);
        let class = if row.chosen { "strong" } else { "name" };
        scene.add(Mark::text(class, (6.0, y + 4.0), Anchor::Start, &name).title(&row.name));
        if let (Some((low, high)), Some(measure)) = (row.interval, self.measures.first()) {
            let words = format!("{}: {} to {}", row.name, scale::percent(low), scale::percent(high));
            let line = Mark::line("span", (place(low), y), (place(high), y));
            scene.add(line.stroke(measure.color).title(&words));
        }
        // The first measure is drawn last, so that it is on top.
        for (measure, value) in self.measures.iter().zip(&row.values).rev() {
            let Some(value) = value.filter(|v| v.is_finite()) else { continue };
            let words = format!("{}: {} {}", row.name, measure.name, scale::percent(value));
            scene.add(Mark::circle("dot", (place(value), y), 5.5).fill(measure.color).title(&words));
        }
        let first = row.values.first().copied().flatten().map_or("–".to_owned(), scale::percent);
        scene.add(Mark::text(class, (WIDTH - 4.0, y + 4.0), Anchor::End, &first));
    }
}
