//! What a section is made of, and how it becomes HTML: headings one level below what holds them.

use askama::Template;

use super::{Card, Gallery, Image, Link, Map, Matrix, gallery, map, matrix};
use crate::{ReportError, Scene};

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
    /// Images with captions.
    Gallery(Gallery),
    /// A confusion matrix.
    Matrix(Matrix),
    /// A map of the data set.
    Map(Map),
    /// Blocks under a heading of their own.
    Group(Group),
    /// Blocks beside each other where the window is wide enough.
    Halves(Vec<Vec<Block>>),
    /// Panels of which one at a time is shown where the script runs, and all where it does not or in print.
    Tabs(Tabs),
    /// An image beside what belongs to it.
    Side(Side),
    /// Blocks that are folded away until opened.
    Folded(Group),
    /// Verbatim text, folded away until opened.
    Code {
        /// Its heading.
        title: String,
        /// The text.
        text: String,
    },
}

/// Blocks under a heading.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// The heading.
    pub title: String,
    /// A sentence or two; may be empty.
    pub lead: String,
    /// What is in it.
    pub blocks: Vec<Block>,
    /// The files behind it.
    pub links: Vec<Link>,
}

/// Panels to choose from.
#[derive(Clone, Debug, Default)]
pub struct Tabs {
    /// What one chooses, for those who do not see it.
    pub label: String,
    /// Tabs of one family turn together: the same title is chosen in all of them. May be empty.
    pub family: String,
    /// The panels.
    pub panels: Vec<Panel>,
}

/// One of several panels.
#[derive(Clone, Debug, Default)]
pub struct Panel {
    /// What the tab says.
    pub title: String,
    /// What the panel holds.
    pub blocks: Vec<Block>,
}

/// A card beside blocks.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// The heading.
    pub title: String,
    /// What stands at the left, or first.
    pub card: Card,
    /// What stands beside it, each block in a column of its own where the window is wide enough.
    pub blocks: Vec<Block>,
}

/// A chart or image with its caption.
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
    /// The width of the figure.
    pub width: FigureWidth,
}

/// The width of a figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FigureWidth {
    /// One place of the grid.
    #[default]
    Normal,
    /// The page's whole width.
    Wide,
}

impl FigureWidth {
    /// Its class in the style sheet.
    fn class(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Wide => "wide",
        }
    }
}

/// What a figure shows.
#[derive(Clone, Debug)]
pub enum Body {
    /// A chart.
    Chart(Scene),
    /// An image.
    Image(Image),
}

/// A table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// What it lists.
    pub title: String,
    /// How to read it; may be empty.
    pub note: String,
    /// The columns' names, with `true` for columns of numbers. The first column names its row.
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

#[derive(Template)]
#[template(path = "block.html")]
struct BlockTemplate<'a> {
    block: &'a Block,
    level: u8,
}

/// All of `blocks`, their headings of `level`, 2 to 6.
pub(super) fn html(blocks: &[Block], level: u8) -> askama::Result<String> {
    let mut html = String::new();
    for block in blocks {
        BlockTemplate { block, level: level.min(6) }.render_into(&mut html)?;
    }
    Ok(html)
}

/// A chart's drawing for the template.
fn drawing(scene: &Scene) -> askama::Result<String> {
    scene.inline().map_err(ReportError::into_template)
}
