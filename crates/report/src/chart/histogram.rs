//! A chart with several histograms over each other, for example the weights of a layer before and after tuning.

use super::{LegendEntry, Swatch, empty_chart, legend};
use crate::{
    Color,
    scale::{self, Scale},
    scene::{Anchor, Mark, Scene},
};

/// A histogram.
#[derive(Clone, Debug)]
pub struct Distribution {
    /// The name in the legend.
    pub name: String,
    /// The lower edge, upper edge and count of each bin, ascending.
    pub bins: Vec<(f64, f64, f64)>,
    /// The colour.
    pub color: Color,
    /// Whether the histogram is filled. Otherwise it is an outline, which is visible over a filled histogram.
    pub filled: bool,
}

/// One or more histograms of the same quantity. The height of a bin is its share of the values divided by its width, so the
/// histograms may have different bins.
#[derive(Clone, Debug)]
pub struct HistogramChart {
    /// The text alternative of the chart.
    pub label: String,
    /// The name of the horizontal axis.
    pub x: String,
    /// The histograms. Later ones are drawn over earlier ones.
    pub distributions: Vec<Distribution>,
}

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 176.0;
/// Share of the values that the axis leaves out at each end. A few extreme values would compress the histogram.
const TAIL: f64 = 5e-4;

impl Distribution {
    fn total(&self) -> f64 {
        self.bins.iter().map(|bin| bin.2).sum()
    }

    /// Returns the share of the values per unit of width.
    fn density(&self, bin: (f64, f64, f64)) -> f64 {
        bin.2 / self.total().max(1.0) / (bin.1 - bin.0).max(1e-300)
    }

    /// Returns the lower and upper end of the distribution without the tails.
    fn core(&self) -> Option<(f64, f64)> {
        let valid = self.bins.iter().filter(|bin| bin.0.is_finite() && bin.1 > bin.0 && bin.2 > 0.0);
        let total = self.total();
        let mut below = 0.0;
        let mut ends: Option<(f64, f64)> = None;
        for (low, high, count) in valid {
            let seen = below / total;
            below += count;
            if below / total > TAIL && seen < 1.0 - TAIL {
                ends = Some((ends.map_or(*low, |(first, _)| first), *high));
            }
        }
        ends
    }
}

impl HistogramChart {
    /// Draws the chart.
    pub fn scene(&self) -> Scene {
        let cores: Vec<(f64, f64)> = self.distributions.iter().filter_map(Distribution::core).collect();
        let low = cores.iter().map(|core| core.0).fold(f64::INFINITY, f64::min);
        let high = cores.iter().map(|core| core.1).fold(f64::NEG_INFINITY, f64::max);
        if !(low.is_finite() && high > low) {
            return empty_chart(&self.label);
        }
        let axis = Scale::exactly(low, high, 4);
        let inside = |bin: &&(f64, f64, f64)| bin.1 > low && bin.0 < high;
        let tallest = self
            .distributions
            .iter()
            .flat_map(|one| one.bins.iter().filter(inside).map(|bin| one.density(*bin)))
            .fold(0.0, f64::max);
        let mut scene = Scene::new(WIDTH, HEIGHT, &self.label);
        let entries: Vec<LegendEntry> = self
            .distributions
            .iter()
            .map(|one| LegendEntry {
                name: &one.name,
                color: one.color,
                swatch: if one.filled { Swatch::Dot } else { Swatch::Line },
            })
            .collect();
        let top = 12.0 + legend(&mut scene, &entries, 2.0, WIDTH, 10.0);
        let (left, right, bottom) = (6.0, WIDTH - 6.0, HEIGHT - 40.0);
        let x = |value: f64| left + axis.share(value.clamp(low, high)) * (right - left);
        let y = |density: f64| bottom - density / tallest * (bottom - top);
        for one in &self.distributions {
            let mut steps = vec![(x(low), bottom)];
            for bin in one.bins.iter().filter(inside) {
                let height = y(one.density(*bin));
                steps.extend([(x(bin.0), height), (x(bin.1), height)]);
            }
            steps.push((steps.last().map_or(left, |last| last.0), bottom));
            let drawn = if one.filled {
                Mark::path("area", &steps).fill(one.color)
            } else {
                Mark::path("series", &steps).stroke(one.color)
            };
            scene.add(drawn.title(&format!("{}: {} values", one.name, scale::grouped(one.total() as u64))));
        }
        scene.add(Mark::line("axis", (left, bottom), (right, bottom)));
        for tick in &axis.ticks {
            scene.add(Mark::line("axis", (x(*tick), bottom), (x(*tick), bottom + 4.0)));
            scene.add(Mark::text("soft", (x(*tick), bottom + 18.0), Anchor::Middle, &axis.label(*tick)));
        }
        scene.add(Mark::text("soft", (f64::midpoint(left, right), HEIGHT - 4.0), Anchor::Middle, &self.x));
        scene
    }
}
