//! Drawings of lines, boxes, text and images. A template that escapes all text writes them as SVG.

use askama::Template;
use std::fmt;

use crate::{Color, ReportError, text};

/// The point of a text that its coordinates refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The start of the text.
    Start,
    /// The middle of the text.
    Middle,
    /// The end of the text.
    End,
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        })
    }
}

/// A coordinate in pixels. It is written with at most two decimals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Px(pub f64);

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = if self.0.is_finite() { self.0 } else { 0.0 };
        write!(f, "{}", (value * 100.0).round() / 100.0 + 0.0)
    }
}

/// The shape of a mark.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Line { x1: Px, y1: Px, x2: Px, y2: Px },
    Path { d: String },
    Rect { x: Px, y: Px, width: Px, height: Px, radius: Px },
    Circle { x: Px, y: Px, radius: Px },
    Text { x: Px, y: Px, anchor: Anchor, words: String },
    Image { x: Px, y: Px, width: Px, height: Px, source: String },
    Group { marks: Vec<Mark> },
}

/// An element of a drawing. `class` is a class of `chart.css`. The colours of the mark override those of the class.
#[derive(Clone, Debug, Template)]
#[template(path = "mark.svg")]
pub(crate) struct Mark {
    shape: Shape,
    class: &'static str,
    fill: Option<Color>,
    stroke: Option<Color>,
    opacity: Option<f64>,
    title: Option<String>,
    number: Option<usize>,
}

impl Mark {
    fn new(shape: Shape, class: &'static str) -> Self {
        Self { shape, class, fill: None, stroke: None, opacity: None, title: None, number: None }
    }

    pub(crate) fn line(class: &'static str, from: (f64, f64), to: (f64, f64)) -> Self {
        let (x1, y1, x2, y2) = (Px(from.0), Px(from.1), Px(to.0), Px(to.1));
        Self::new(Shape::Line { x1, y1, x2, y2 }, class)
    }

    /// Draws a line through `points`.
    pub(crate) fn path(class: &'static str, points: &[(f64, f64)]) -> Self {
        let steps = points
            .iter()
            .enumerate()
            .map(|(i, (x, y))| format!("{}{} {}", if i == 0 { "M" } else { "L" }, Px(*x), Px(*y)));
        Self::new(Shape::Path { d: steps.collect() }, class)
    }

    /// Draws a dot at each point in `places`. The line width of the class is the diameter of the dots.
    pub(crate) fn dots(class: &'static str, places: &[(f64, f64)]) -> Self {
        let dots = places.iter().map(|(x, y)| format!("M{} {}h0", Px(*x), Px(*y)));
        Self::new(Shape::Path { d: dots.collect() }, class)
    }

    pub(crate) fn rect(class: &'static str, at: (f64, f64), size: (f64, f64), radius: f64) -> Self {
        let shape = Shape::Rect {
            x: Px(at.0),
            y: Px(at.1),
            width: Px(size.0.max(0.0)),
            height: Px(size.1.max(0.0)),
            radius: Px(radius),
        };
        Self::new(shape, class)
    }

    pub(crate) fn circle(class: &'static str, at: (f64, f64), radius: f64) -> Self {
        Self::new(Shape::Circle { x: Px(at.0), y: Px(at.1), radius: Px(radius) }, class)
    }

    pub(crate) fn text(class: &'static str, at: (f64, f64), anchor: Anchor, words: &str) -> Self {
        let words = text::printable(words);
        Self::new(Shape::Text { x: Px(at.0), y: Px(at.1), anchor, words }, class)
    }

    pub(crate) fn image(class: &'static str, at: (f64, f64), size: (f64, f64), source: String) -> Self {
        let (width, height) = (Px(size.0), Px(size.1));
        Self::new(Shape::Image { x: Px(at.0), y: Px(at.1), width, height, source }, class)
    }

    pub(crate) fn group(class: &'static str, marks: Vec<Mark>) -> Self {
        Self::new(Shape::Group { marks }, class)
    }

    pub(crate) fn fill(mut self, color: Color) -> Self {
        self.fill = Some(color);
        self
    }

    pub(crate) fn stroke(mut self, color: Color) -> Self {
        self.stroke = Some(color);
        self
    }

    pub(crate) fn opacity(mut self, opacity: f64) -> Self {
        self.opacity = Some((opacity * 1000.0).round() / 1000.0);
        self
    }

    /// Sets the text that appears while the pointer is over the mark.
    pub(crate) fn title(mut self, words: &str) -> Self {
        self.title = Some(text::printable(words));
        self
    }

    /// Sets the index of the mark in the data of the script.
    pub(crate) fn number(mut self, number: Option<usize>) -> Self {
        self.number = number;
        self
    }
}

/// Drawings that are wider than this, in pixels, do not fit on a phone.
const WIDE: f64 = 560.0;

/// A finished drawing. [`Scene::inline`] uses the styles of the page around it. [`Scene::standalone`] contains its own styles.
#[derive(Clone, Debug)]
pub struct Scene {
    width: f64,
    height: f64,
    label: String,
    marks: Vec<Mark>,
}

#[derive(Template)]
#[template(path = "scene.svg")]
struct SceneTemplate<'a> {
    scene: &'a Scene,
    width: Px,
    height: Px,
    style: Option<&'static str>,
}

impl Scene {
    pub(crate) fn new(width: f64, height: f64, label: &str) -> Self {
        let label = text::printable(label);
        Self { width, height, label, marks: Vec::new() }
    }

    pub(crate) fn add(&mut self, mark: Mark) {
        self.marks.push(mark);
    }

    /// Moves all marks that were added so far into one group.
    pub(crate) fn gather(&mut self, class: &'static str) {
        let marks = std::mem::take(&mut self.marks);
        self.add(Mark::group(class, marks));
    }

    /// Returns the width in pixels.
    pub fn width(&self) -> f64 {
        self.width
    }

    /// Returns whether the drawing is too wide for a phone. The page then scrolls the drawing instead of shrinking it.
    pub fn is_wide(&self) -> bool {
        self.width > WIDE
    }

    /// Returns the text alternative of the drawing.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Returns the drawing as SVG for a page that contains `chart.css`.
    ///
    /// # Errors
    /// Returns an error when the template fails.
    pub fn inline(&self) -> Result<String, ReportError> {
        self.write(None)
    }

    /// Returns the drawing as an SVG file. It is light or dark as the viewer prefers.
    ///
    /// # Errors
    /// Returns an error when the template fails.
    pub fn standalone(&self) -> Result<String, ReportError> {
        let mut svg =
            self.write(Some(concat!(include_str!("../templates/colors.css"), include_str!("../templates/chart.css"))))?;
        svg.push('\n');
        Ok(svg)
    }

    fn write(&self, style: Option<&'static str>) -> Result<String, ReportError> {
        let template = SceneTemplate { scene: self, width: Px(self.width), height: Px(self.height), style };
        Ok(template.render()?)
    }
}
