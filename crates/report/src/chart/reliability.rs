//! The calibration (reliability) diagram. It compares the confidence of predictions with their accuracy.

use super::empty_chart;
use crate::{
    Color,
    scale::{self, Scale},
    scene::{Anchor, Mark, Scene},
};

/// The predictions whose confidence is in an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// The lower end of the interval, a share of 1.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
    /// Number of predictions.
    pub count: u64,
    /// The mean confidence.
    pub confidence: f64,
    /// The share of right predictions.
    pub accuracy: f64,
}

/// A chart of accuracy over confidence. The numbers of predictions are below.
#[derive(Clone, Debug)]
pub struct ReliabilityChart {
    /// The text alternative of the chart.
    pub label: String,
    /// The bins, ascending.
    pub bins: Vec<Bin>,
}

const WIDTH: f64 = 470.0;
const LEFT: f64 = 52.0;
const TOP: f64 = 28.0;
const RIGHT: f64 = WIDTH - 14.0;
const BOTTOM: f64 = 268.0;
const COUNTS: f64 = 46.0;

impl ReliabilityChart {
    /// Draws the chart.
    pub fn scene(&self) -> Scene {
        let most = self.bins.iter().map(|b| b.count).max().unwrap_or(0);
        if most == 0 {
            return empty_chart(&self.label);
        }
        let axis = Scale::exactly(0.0, 1.0, 5);
        let x = |share: f64| LEFT + share * (RIGHT - LEFT);
        let y = |share: f64| BOTTOM - share * (BOTTOM - TOP);
        let base = BOTTOM + 12.0 + COUNTS;
        let mut scene = Scene::new(WIDTH, base + 40.0, &self.label);
        scene.add(Mark::text("soft", (0.0, 12.0), Anchor::Start, "share of right predictions"));
        for tick in &axis.ticks {
            scene.add(Mark::line("rule", (LEFT, y(*tick)), (RIGHT, y(*tick))));
            let at = (LEFT - 8.0, y(*tick) + 4.0);
            scene.add(Mark::text("soft", at, Anchor::End, &axis.percent(*tick)));
            let below = (x(*tick), base + 18.0);
            scene.add(Mark::text("soft", below, Anchor::Middle, &axis.percent(*tick)));
        }
        for bin in self.bins.iter().filter(|b| b.count > 0) {
            let (from, to) = (x(bin.low) + 1.0, x(bin.high) - 1.0);
            let words = format!(
                "confidence {} to {}: {} images, {} right, mean confidence {}",
                scale::percent(bin.low),
                scale::percent(bin.high),
                bin.count,
                scale::percent(bin.accuracy),
                scale::percent(bin.confidence)
            );
            let size = (to - from, (y(0.0) - y(bin.accuracy)).max(1.5));
            let at = (from, y(0.0) - size.1);
            let bar = Mark::rect("bar", at, size, 2.0).fill(Color::BLUE).opacity(0.75);
            let gap = Mark::line("gap", (from, y(bin.confidence)), (to, y(bin.confidence)));
            let tall = (bin.count as f64 / most as f64 * COUNTS).max(1.0);
            let column = Mark::rect("counts", (from, base - tall), (to - from, tall), 2.0);
            let gap = gap.stroke(Color::VERMILION);
            scene.add(Mark::group("bin", vec![bar, gap, column]).title(&words));
        }
        scene.add(Mark::line("guide", (x(0.0), y(0.0)), (x(1.0), y(1.0))));
        scene.add(Mark::line("axis", (LEFT, y(0.0)), (RIGHT, y(0.0))));
        scene.add(Mark::line("axis", (LEFT, base), (RIGHT, base)));
        scene.add(Mark::text("tiny", (LEFT - 8.0, base - COUNTS + 10.0), Anchor::End, &most.to_string()));
        scene.add(Mark::text("tiny", (LEFT - 8.0, base), Anchor::End, "count"));
        let middle = f64::midpoint(LEFT, RIGHT);
        scene.add(Mark::text("soft", (middle, base + 36.0), Anchor::Middle, "confidence of the prediction"));
        scene
    }
}
