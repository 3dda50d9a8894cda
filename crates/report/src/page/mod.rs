//! The report as data, and the one HTML file made of it.
//!
//! The file asks for nothing from anywhere: style, script and images are inside it, and a policy in its head
//! (Content-Security-Policy) lets nothing else run, be it in a class's name. Links lead to files beside it, relative to
//! its own folder. All of it can be read without the script; the script folds, opens and filters what is there.

mod block;
mod gallery;
mod link;
mod map;
mod matrix;
mod policy;

use askama::Template;

pub use block::{Block, Body, Figure, FigureWidth, Group, Panel, Side, Table, Tabs};
pub use gallery::{Bar, Card, Gallery, Image, Tile};
pub use link::Link;
pub use map::{Map, Spot};
pub use matrix::{Cell, Matrix};

use crate::{Color, ReportError};

/// A whole report.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The page's heading and the window's title.
    pub title: String,
    /// A word or two above it.
    pub above: String,
    /// A sentence or two below it.
    pub lead: String,
    /// The numbers that matter most, shown large.
    pub facts: Vec<Fact>,
    /// The parts, each with its entry in the navigation.
    pub sections: Vec<Section>,
    /// The classes' colours, by index: frames and bars name them so.
    pub colors: Vec<Color>,
    /// A last line.
    pub footer: String,
}

/// One number of the overview.
#[derive(Clone, Debug)]
pub struct Fact {
    /// What it is.
    pub name: String,
    /// The number with its unit.
    pub value: String,
    /// Its interval or another remark; may be empty.
    pub note: String,
}

/// One part of the report.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// Its anchor: letters, digits and hyphens.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// What one sees here, in a sentence or two; may be empty.
    pub lead: String,
    /// Its contents.
    pub blocks: Vec<Block>,
}

/// Sets the theme before anything is drawn, so that a reader's choice does not flash.
const EARLY: &str = include_str!("../../templates/early.js");
/// Folds, opens, filters.
const SCRIPT: &str = concat!(
    "\"use strict\";\n",
    include_str!("../../templates/report.js"),
    include_str!("../../templates/map.js"),
    "start();\n"
);
const STYLE: &str = concat!(
    include_str!("../../templates/colors.css"),
    include_str!("../../templates/chart.css"),
    include_str!("../../templates/report.css"),
    include_str!("../../templates/parts.css"),
    include_str!("../../templates/print.css")
);

#[derive(Template)]
#[template(path = "page.html")]
struct PageTemplate<'a> {
    page: &'a Page,
    policy: String,
    style: &'a str,
    early: &'static str,
    script: &'static str,
}

impl Page {
    /// The page as one HTML file.
    ///
    /// # Errors
    /// [`ReportError::Template`] when a template fails.
    pub fn html(&self) -> Result<String, ReportError> {
        // The policy lets no style attribute pass, so the classes' colours are rules of the one style sheet.
        let rules = self.colors.iter().enumerate().map(|(at, color)| format!(".k{at}{{--k:{color}}}\n"));
        let style = [STYLE.to_owned(), rules.collect()].concat();
        let policy = policy::policy(&[&style], &[EARLY, SCRIPT]);
        let template = PageTemplate { page: self, policy, style: &style, early: EARLY, script: SCRIPT };
        let mut html = template.render()?;
        html.push('\n');
        Ok(html)
    }
}
