//! A chart of horizontal bars that start at 0.

use super::{TEXT, empty_chart};
use crate::{
    Color,
    scale::{self, Scale},
    scene::{Anchor, Mark, Scene},
    text,
};

/// A bar.
#[derive(Clone, Debug)]
pub struct BarRow {
    /// The name of the bar.
    pub name: String,
    /// The length, at least 0. `None` for a row without a bar.
    pub value: Option<f64>,
    /// Text that appears on hover after the name and the value. It may be empty.
    pub remark: String,
}

/// A bar chart.
#[derive(Clone, Debug)]
pub struct BarChart {
    /// The text alternative of the chart.
    pub label: String,
    /// The name of the horizontal axis.
    pub x: String,
    /// The bars, from top to bottom.
    pub rows: Vec<BarRow>,
    /// The colour of the bars.
    pub color: Color,
}

const WIDTH: f64 = 470.0;
const ROW: f64 = 24.0;

impl BarChart {
    /// Draws the chart.
    pub fn scene(&self) -> Scene {
        let valid = |row: &BarRow| row.value.filter(|v| v.is_finite() && *v >= 0.0);
        let most = self.rows.iter().filter_map(valid).fold(0.0, f64::max);
        if self.rows.iter().all(|row| valid(row).is_none()) {
            return empty_chart(&self.label);
        }
        let axis = Scale::around(0.0, if most > 0.0 { most } else { 1.0 }, 4);
        let names = self.rows.iter().map(|row| text::width(&row.name, TEXT)).fold(0.0, f64::max).min(170.0);
        let (left, right) = (names + 14.0, WIDTH - 58.0);
        let bottom = 4.0 + self.rows.len() as f64 * ROW;
        let mut scene = Scene::new(WIDTH, bottom + 44.0, &self.label);
        let place = |value: f64| left + axis.share(value) * (right - left);
        for tick in &axis.ticks {
            scene.add(Mark::line("rule", (place(*tick), 0.0), (place(*tick), bottom)));
            let at = (place(*tick), bottom + 18.0);
            scene.add(Mark::text("soft", at, Anchor::Middle, &axis.label(*tick)));
        }
        for (index, row) in self.rows.iter().enumerate() {
            let middle = 4.0 + (index as f64 + 0.5) * ROW;
            let name = text::fit(&row.name, TEXT, names);
            scene.add(Mark::text("name", (left - 10.0, middle + 4.0), Anchor::End, &name).title(&row.name));
            let written = valid(row).map_or("–".to_owned(), scale::short);
            let mut words = format!("{}: {written}", row.name);
            if !row.remark.is_empty() {
                words += &format!(", {}", row.remark);
            }
            if let Some(value) = valid(row) {
                let size = ((place(value) - left).max(1.0), ROW - 8.0);
                let bar = Mark::rect("bar", (left, middle - size.1 / 2.0), size, 2.0);
                scene.add(bar.fill(self.color).title(&words));
            }
            scene.add(Mark::text("soft", (WIDTH - 4.0, middle + 4.0), Anchor::End, &written));
        }
        scene.add(Mark::line("axis", (left, 0.0), (left, bottom)));
        let middle = f64::midpoint(left, right);
        scene.add(Mark::text("soft", (middle, bottom + 38.0), Anchor::Middle, &self.x));
        scene
    }
}
