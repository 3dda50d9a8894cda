//! The charts of the report. A chart is plain data with a function `scene` that draws it.

mod bars;
mod dots;
mod histogram;
mod line;
mod reliability;
mod scatter;
mod sweep;

pub use bars::{BarChart, BarRow};
pub use dots::{DotChart, DotRow, Measure};
pub use histogram::{Distribution, HistogramChart};
pub use line::{Line, LineChart, Stroke};
pub use reliability::{Bin, ReliabilityChart};
pub use scatter::{Dot, Point, ScatterChart};
pub use sweep::{Facet, Outcome, SweepChart};

use crate::{
    Color,
    scene::{Anchor, Mark, Scene},
    text,
};

/// Size of the text in pixels, as in `chart.css`.
const TEXT: f64 = 12.0;

/// The symbol of a legend entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Swatch {
    Line,
    Dashes,
    Dot,
    Frame,
}

/// An entry of a legend.
struct LegendEntry<'a> {
    name: &'a str,
    color: Color,
    swatch: Swatch,
}

/// Draws a legend from `left` to `right`, in as many rows as it needs. `top` is the middle of the first row. Returns the height of
/// the legend.
fn legend(scene: &mut Scene, entries: &[LegendEntry], left: f64, right: f64, top: f64) -> f64 {
    let (row, swatch) = (20.0, 16.0);
    let (mut x, mut y) = (left, top);
    for entry in entries {
        let name = text::fit(entry.name, TEXT, (right - left - swatch - 6.0).min(180.0));
        let width = swatch + 6.0 + text::width(&name, TEXT);
        if x > left && x + width > right {
            (x, y) = (left, y + row);
        }
        scene.add(match entry.swatch {
            Swatch::Line => Mark::line("series", (x, y), (x + swatch, y)).stroke(entry.color),
            Swatch::Dashes => Mark::line("dashed", (x, y), (x + swatch, y)).stroke(entry.color),
            Swatch::Dot => Mark::circle("dot", (x + swatch / 2.0, y), 5.5).fill(entry.color),
            Swatch::Frame => Mark::rect("outline", (x + 2.0, y - 6.0), (12.0, 12.0), 2.0).stroke(entry.color),
        });
        let mut words = Mark::text("soft", (x + swatch + 6.0, y + 4.0), Anchor::Start, &name);
        if name != entry.name {
            words = words.title(entry.name);
        }
        scene.add(words);
        x += width + 18.0;
    }
    if entries.is_empty() { 0.0 } else { y - top + row }
}

/// Draws the text "Nothing to draw".
fn empty_chart(label: &str) -> Scene {
    let mut scene = Scene::new(460.0, 80.0, label);
    scene.add(Mark::rect("band", (0.0, 0.0), (460.0, 80.0), 6.0));
    scene.add(Mark::text("soft", (230.0, 44.0), Anchor::Middle, "Nothing to draw"));
    scene
}
