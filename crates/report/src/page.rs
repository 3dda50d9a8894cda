//! The report as data, and the one HTML file made of it.
//!
//! The file asks for nothing from anywhere: style, script and pictures are inside it. Links lead to
//! files beside it, relative to its own folder.

use askama::Template;

use crate::{Color, DataUri, ReportError, Scene};

/// A whole report.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The page's heading and the window's title.
    pub title: String,
    /// A sentence or two below it.
    pub lead: String,
    /// The numbers that matter most, shown large.
    pub facts: Vec<Fact>,
    /// The parts, each with its entry in the navigation.
    pub sections: Vec<Section>,
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

/// Something in a section.
#[derive(Clone, Debug)]
pub enum Block {
    /// A paragraph.
    Text(String),
    /// A paragraph that stands apart: something was left out, or needs care.
    Note(String),
    /// Figures beside each other where the window is wide enough.
    Figures(Vec<Figure>),
    /// A table.
    Table(Table),
    /// Pictures with captions.
    Gallery(Gallery),
    /// Verbatim text, folded away until opened.
    Code {
        /// Its heading.
        title: String,
        /// The text.
        text: String,
    },
}

/// A link to a file beside the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What one clicks on.
    pub name: String,
    /// The address, percent-encoded.
    address: String,
}

impl Link {
    /// A link to `path`, relative to the report's folder, `/` between folders.
    pub fn to(path: &str) -> Self {
        Self { name: path.rsplit('/').next().unwrap_or(path).to_owned(), address: address(path) }
    }

    /// A link to `path` that reads `name`.
    pub fn named(name: &str, path: &str) -> Self {
        Self { name: name.to_owned(), address: address(path) }
    }

    /// The address for use in an attribute.
    pub fn address(&self) -> &str {
        &self.address
    }
}

/// `path` with everything percent-encoded that means something else in an address.
fn address(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// A chart or picture with its caption.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What it is.
    pub title: String,
    /// How to read it; may be empty.
    pub note: String,
    /// The drawing.
    pub body: Body,
    /// The files behind it.
    pub links: Vec<Link>,
    /// The room it takes.
    pub room: Room,
}

/// The room that a figure takes among its neighbours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Room {
    /// One place of the grid.
    #[default]
    Normal,
    /// Two places, one below the other.
    Tall,
    /// The page's whole width.
    Wide,
}

impl Room {
    /// Its class in `page.css`.
    fn class(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Tall => "tall",
            Self::Wide => "wide",
        }
    }
}

/// What a figure shows.
#[derive(Clone, Debug)]
pub enum Body {
    /// A chart.
    Chart(Scene),
    /// A picture.
    Picture(Picture),
}

/// A picture in the page.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The picture itself.
    pub source: DataUri,
    /// What it shows, for those who do not see it.
    pub alt: String,
    /// A word or two below it; may be empty.
    pub caption: String,
    /// A frame in this colour.
    pub frame: Option<Color>,
    /// Its pixels are data: never smoothed when enlarged.
    pub pixels: bool,
}

/// A table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// What it lists.
    pub title: String,
    /// The columns' names, with `true` for columns of numbers.
    pub columns: Vec<(String, bool)>,
    /// The rows, with `true` for those that stand out.
    pub rows: Vec<(Vec<String>, bool)>,
    /// The files behind it.
    pub links: Vec<Link>,
}

impl Table {
    /// Whether column `index` holds numbers.
    fn is_number(&self, index: usize) -> bool {
        self.columns.get(index).is_some_and(|(_, number)| *number)
    }
}

/// Pictures with captions, in rows.
#[derive(Clone, Debug, Default)]
pub struct Gallery {
    /// What they have in common; may be empty.
    pub title: String,
    /// The pictures.
    pub cards: Vec<Card>,
    /// The files behind them.
    pub links: Vec<Link>,
    /// Least width of a card in pixels.
    pub width: u32,
}

/// One or more pictures that belong together, with words below.
#[derive(Clone, Debug, Default)]
pub struct Card {
    /// Its anchor, for links from charts; may be empty.
    pub id: String,
    /// The pictures, side by side.
    pub pictures: Vec<Picture>,
    /// What it is.
    pub title: String,
    /// Short remarks.
    pub lines: Vec<String>,
    /// Whether the network was right, where that is the question.
    pub right: Option<bool>,
    /// The files behind it.
    pub links: Vec<Link>,
}

#[derive(Template)]
#[template(path = "page.html")]
struct PageTemplate<'a> {
    page: &'a Page,
    colors: &'static str,
    chart: &'static str,
    style: &'static str,
    script: &'static str,
}

impl Page {
    /// The page as one HTML file.
    pub fn html(&self) -> Result<String, ReportError> {
        let template = PageTemplate {
            page: self,
            colors: include_str!("../templates/colors.css"),
            chart: include_str!("../templates/chart.css"),
            style: include_str!("../templates/page.css"),
            script: include_str!("../templates/page.js"),
        };
        let mut html = template.render()?;
        html.push('\n');
        Ok(html)
    }
}

/// A chart's drawing for the template; an error inside becomes the template's own.
fn drawing(scene: &Scene) -> askama::Result<String> {
    scene.inline().map_err(|error| match error {
        ReportError::Template(error) => error,
        other @ ReportError::Encode(_) => askama::Error::Custom(Box::new(other)),
    })
}
