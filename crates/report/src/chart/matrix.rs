//! The confusion matrix.

use super::{TEXT, nothing};
use crate::{
    Color, scale,
    scene::{Anchor, Mark, Scene},
    text,
};

/// How often each class was taken for each other.
#[derive(Clone, Debug)]
pub struct MatrixChart {
    /// What the chart shows, in words.
    pub label: String,
    /// The classes, in the order of rows and columns.
    pub classes: Vec<String>,
    /// `counts[label][predicted]`.
    pub counts: Vec<Vec<u64>>,
    /// Where a click on a cell leads, `links[label][predicted]`; may be empty.
    pub links: Vec<Vec<Option<String>>>,
}

impl MatrixChart {
    /// Lays the chart out. Counts are written up to 40 classes; beyond that the colours speak.
    pub fn scene(&self) -> Scene {
        let count = self.classes.len();
        if count == 0 {
            return nothing(&self.label);
        }
        let cell = (384.0 / count as f64).clamp(12.0, 116.0);
        let widest = self.classes.iter().map(|c| text::width(c, TEXT)).fold(0.0, f64::max);
        let names = widest.min(130.0);
        let upright = widest <= cell - 6.0;
        let above = if upright { 18.0 } else { names + 6.0 };
        let (left, top) = (names + 34.0, above + 24.0);
        let side = cell * count as f64;
        let spare = if upright { 6.0 } else { names * 0.5 };
        let mut scene = Scene::new(left + side + spare.max(6.0), top + side + 8.0, &self.label);

        let middle = left + side / 2.0;
        scene.add(Mark::text("soft", (middle, 12.0), Anchor::Middle, "predicted"));
        let aside = Mark::text("soft", (12.0, top + side / 2.0), Anchor::Middle, "label");
        scene.add(aside.turned(-90));
        for (index, class) in self.classes.iter().enumerate() {
            let at = (index as f64 + 0.5) * cell;
            let name = text::fit(class, TEXT, names);
            let row = Mark::text("name", (left - 8.0, top + at + 4.0), Anchor::End, &name);
            scene.add(row.title(class));
            let column = if upright {
                Mark::text("name", (left + at, top - 8.0), Anchor::Middle, class)
            } else {
                Mark::text("name", (left + at + 4.0, top - 6.0), Anchor::Start, &name).turned(-60)
            };
            scene.add(column.title(class));
        }
        for label in 0..count {
            let total: u64 = self.counts.get(label).map_or(0, |row| row.iter().sum());
            for predicted in 0..count {
                let at = (left + predicted as f64 * cell, top + label as f64 * cell);
                scene.add(self.cell(label, predicted, total, at, cell));
            }
        }
        scene
    }

    fn cell(&self, label: usize, predicted: usize, total: u64, at: (f64, f64), cell: f64) -> Mark {
        let count = self.counts.get(label).and_then(|row| row.get(predicted)).copied().unwrap_or(0);
        let share = if total > 0 { count as f64 / total as f64 } else { 0.0 };
        let (size, radius) = ((cell - 2.0, cell - 2.0), if cell > 24.0 { 5.0 } else { 2.0 });
        let corner = (at.0 + 1.0, at.1 + 1.0);
        let mut marks = vec![Mark::rect("empty-cell", corner, size, radius)];
        let strength = 0.12 + 0.88 * share;
        if count > 0 {
            let color = if label == predicted { Color::BLUE } else { Color::VERMILION };
            marks.push(Mark::rect("cell", corner, size, radius).fill(color).opacity(strength));
        }
        let written = count.to_string();
        let fits = text::width(&written, TEXT) + 4.0 <= cell && cell >= 14.0;
        if fits && self.classes.len() <= 40 && (count > 0 || cell > 24.0) {
            let middle = (at.0 + cell / 2.0, at.1 + cell / 2.0 + 4.0);
            let class = match (count, strength > 0.62) {
                (0, _) => "soft",
                (_, true) => "on-dark",
                (_, false) => "strong",
            };
            marks.push(Mark::text(class, middle, Anchor::Middle, &written));
        }
        let words = format!(
            "{} predicted as {}: {count} of {total} ({})",
            self.classes[label],
            self.classes[predicted],
            scale::percent(share)
        );
        let link = self.links.get(label).and_then(|row| row.get(predicted)).cloned().flatten();
        Mark::group("cell-group", marks).title(&words).link(link.as_deref())
    }
}
