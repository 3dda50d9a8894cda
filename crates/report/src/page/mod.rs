//! The report as data, and its HTML file.
//!
//! The file loads nothing: styles, scripts and images are inside it. A Content-Security-Policy in its head forbids everything
//! else, for example a script in the name of a class. Links lead to files next to the report and are relative to its folder.
//! The page is readable without the script. The script adds tabs, dialogs and filters.

mod block;
mod gallery;
mod link;
mod map;
mod matrix;
mod policy;

use askama::Template;

pub use block::{Block, Body, CardAndBlocks, Figure, FigureWidth, Group, Panel, Table, Tabs};
pub use gallery::{Bar, Card, Gallery, Image, Tile};
pub use link::Link;
pub use map::{Map, Spot};
pub use matrix::{Cell, Matrix};

use crate::{Color, ReportError};

/// A whole report.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The heading of the page and the title of the window.
    pub title: String,
    /// A short line above the heading.
    pub above: String,
    /// An introduction below the heading.
    pub lead: String,
    /// The most important numbers. They are shown large.
    pub facts: Vec<Fact>,
    /// The sections. Each has an entry in the navigation.
    pub sections: Vec<Section>,
    /// The colours of the classes. Frames and bars refer to them by index.
    pub colors: Vec<Color>,
    /// The last line of the page.
    pub footer: String,
}

/// A number at the top of the page.
#[derive(Clone, Debug)]
pub struct Fact {
    /// The name of the number.
    pub name: String,
    /// The number with its unit.
    pub value: String,
    /// An interval or another remark. It may be empty.
    pub note: String,
}

/// A section of the report.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// The anchor, of letters, digits and hyphens.
    pub id: String,
    /// The heading.
    pub title: String,
    /// An introduction. It may be empty.
    pub lead: String,
    /// The contents.
    pub blocks: Vec<Block>,
}

/// Sets the theme before the page is drawn, so that the page does not flash in another theme.
const EARLY: &str = include_str!("../../templates/early.js");
/// The tabs, dialogs and filters.
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
    /// Returns the page as an HTML file.
    ///
    /// # Errors
    /// [`ReportError::Template`] when a template fails.
    pub fn html(&self) -> Result<String, ReportError> {
        // The policy forbids style attributes, so the colours of the classes are rules in the style sheet.
        let rules = self.colors.iter().enumerate().map(|(at, color)| format!(".k{at}{{--k:{color}}}\n"));
        let style = [STYLE.to_owned(), rules.collect()].concat();
        let policy = policy::policy(&[&style], &[EARLY, SCRIPT]);
        let template = PageTemplate { page: self, policy, style: &style, early: EARLY, script: SCRIPT };
        let mut html = template.render()?;
        html.push('\n');
        Ok(html)
    }
}
