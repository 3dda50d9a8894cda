//! A chart of lines over one horizontal axis, for example the training history.

use super::{LegendEntry, Swatch, TEXT, empty_chart, legend};
use crate::{
    Color,
    scale::{self, Scale},
    scene::{Anchor, Mark, Scene},
    text,
};

/// The style of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// Solid, with an entry in the legend.
    Solid,
    /// Dashed, with an entry in the legend.
    Dashed,
    /// Thin and gray, without an entry in the legend.
    Context,
}

/// A line.
#[derive(Clone, Debug)]
pub struct Line {
    /// The name in the legend and on hover.
    pub name: String,
    /// The points (x, y), ascending in x. Points that are not finite are left out.
    pub points: Vec<(f64, f64)>,
    /// The colour. It has no effect on [`Stroke::Context`].
    pub color: Color,
    /// The style.
    pub stroke: Stroke,
}

/// A line chart.
#[derive(Clone, Debug)]
pub struct LineChart {
    /// The text alternative of the chart.
    pub label: String,
    /// The name of the horizontal axis.
    pub x: String,
    /// The name of the vertical axis.
    pub y: String,
    /// The lines. Later ones are drawn over earlier ones.
    pub lines: Vec<Line>,
    /// A vertical rule: its x value and its text.
    pub rule: Option<(f64, String)>,
    /// Whether the values are shares of 1. They are then labelled in percent.
    pub percent: bool,
}

const WIDTH: f64 = 470.0;
const HEIGHT: f64 = 300.0;

impl LineChart {
    /// Draws the chart over an axis of whole numbers.
    pub fn scene(&self) -> Scene {
        self.over(|low, high| Scale::whole(low, high, 6))
    }

    /// Draws the chart over a logarithmic axis. Every x must be above 0.
    pub fn scene_logarithmic(&self) -> Scene {
        self.over(|low, high| Scale::logarithmic(low, high, 3))
    }

    fn over(&self, across: impl Fn(f64, f64) -> Scale) -> Scene {
        let valid = |line: &Line| -> Vec<(f64, f64)> {
            line.points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite()).collect()
        };
        let all: Vec<(f64, f64)> = self.lines.iter().flat_map(valid).collect();
        if all.is_empty() {
            return empty_chart(&self.label);
        }
        let least = |pick: fn(&(f64, f64)) -> f64| all.iter().map(pick).fold(f64::INFINITY, f64::min);
        let most = |pick: fn(&(f64, f64)) -> f64| all.iter().map(pick).fold(f64::NEG_INFINITY, f64::max);
        let across = across(least(|p| p.0), most(|p| p.0));
        let mut up = Scale::around(least(|p| p.1).min(most(|p| p.1) - 1e-3), most(|p| p.1), 5);
        if self.percent && up.high > 1.0 {
            up = Scale::exactly(up.low, 1.0, 5);
        }
        let label = |tick: f64| if self.percent { up.percent(tick) } else { up.label(tick) };

        let mut scene = Scene::new(WIDTH, HEIGHT, &self.label);
        let widest = up.ticks.iter().map(|t| text::width(&label(*t), TEXT)).fold(0.0, f64::max);
        let (left, right, bottom) = (widest + 14.0, WIDTH - 14.0, HEIGHT - 40.0);
        let entries: Vec<LegendEntry> = self
            .lines
            .iter()
            .filter(|l| l.stroke != Stroke::Context)
            .map(|l| LegendEntry {
                name: &l.name,
                color: l.color,
                swatch: if l.stroke == Stroke::Dashed { Swatch::Dashes } else { Swatch::Line },
            })
            .collect();
        let top = 30.0 + legend(&mut scene, &entries, 2.0, right, 10.0);
        let place =
            |(x, y): (f64, f64)| (left + across.share(x) * (right - left), bottom - up.share(y) * (bottom - top));

        scene.add(Mark::text("soft", (0.0, top - 12.0), Anchor::Start, &self.y));
        for tick in &up.ticks {
            let y = place((across.low, *tick)).1;
            scene.add(Mark::line("rule", (left, y), (right, y)));
            scene.add(Mark::text("soft", (left - 8.0, y + 4.0), Anchor::End, &label(*tick)));
        }
        for tick in &across.ticks {
            let x = place((*tick, up.low)).0;
            scene.add(Mark::text("soft", (x, bottom + 18.0), Anchor::Middle, &across.label(*tick)));
        }
        scene.add(Mark::line("axis", (left, bottom), (right, bottom)));
        let middle = f64::midpoint(left, right);
        scene.add(Mark::text("soft", (middle, HEIGHT - 4.0), Anchor::Middle, &self.x));
        if let Some((x, words)) = &self.rule {
            let x = place((*x, up.low)).0;
            scene.add(Mark::line("guide", (x, top), (x, bottom)));
            let width = text::width(words, TEXT) + 8.0;
            let (shift, anchor) = if x + width > right { (-6.0, Anchor::End) } else { (6.0, Anchor::Start) };
            scene.add(Mark::text("soft", (x + shift, top + 10.0), anchor, words));
        }
        for line in &self.lines {
            self.draw(&mut scene, line, &valid(line), place);
        }
        scene
    }

    fn draw(&self, scene: &mut Scene, line: &Line, points: &[(f64, f64)], place: impl Fn((f64, f64)) -> (f64, f64)) {
        let places: Vec<(f64, f64)> = points.iter().map(|p| place(*p)).collect();
        let class = match line.stroke {
            Stroke::Solid => "series",
            Stroke::Dashed => "dashed",
            Stroke::Context => "context",
        };
        let path = Mark::path(class, &places);
        if line.stroke == Stroke::Context {
            scene.add(path.title(&line.name));
            return;
        }
        scene.add(path.stroke(line.color));
        if let [only] = places[..] {
            scene.add(Mark::circle("dot", only, 4.0).fill(line.color));
        }
        for ((x, y), at) in points.iter().zip(&places) {
            let value = if self.percent { scale::percent(*y) } else { scale::short(*y) };
            let words = format!("{} {}: {} {value}", self.x, scale::short(*x), line.name);
            scene.add(Mark::circle("hit", *at, 6.0).title(&words));
        }
    }
}
