//! The blocks of a section and their HTML. The heading of a block is one level below the heading around it.

use askama::Template;

use super::{Card, Gallery, Image, Link, Map, Matrix, gallery, map, matrix};
use crate::{ReportError, Scene};

/// A part of a section.
#[derive(Clone, Debug)]
pub enum Block {
    /// A paragraph.
    Text(String),
    /// A highlighted paragraph, for an omission or a warning.
    Note(String),
    /// Figures side by side if the window is wide enough.
    Figures(Vec<Figure>),
    /// A table.
    Table(Table),
    /// Images with captions.
    Gallery(Gallery),
    /// A confusion matrix.
    Matrix(Matrix),
    /// A map of the data set.
    Map(Map),
    /// Blocks under a heading.
    Group(Group),
    /// Lists of blocks side by side if the window is wide enough.
    Halves(Vec<Vec<Block>>),
    /// Panels, of which the script shows one at a time. Without the script and in print, all are shown.
    Tabs(Tabs),
    /// A card with blocks beside it.
    CardAndBlocks(CardAndBlocks),
    /// Blocks that are hidden until the reader opens them.
    Folded(Group),
    /// Verbatim text that is hidden until the reader opens it.
    Code {
        /// The heading.
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
    /// An introduction. It may be empty.
    pub lead: String,
    /// The blocks.
    pub blocks: Vec<Block>,
    /// Links to the files with the data.
    pub links: Vec<Link>,
}

/// Panels that the reader chooses from.
#[derive(Clone, Debug, Default)]
pub struct Tabs {
    /// The label of the tabs for screen readers.
    pub label: String,
    /// Tabs of the same family always show the panel with the same title. The name of the family may be empty.
    pub family: String,
    /// The panels.
    pub panels: Vec<Panel>,
}

/// A panel of [`Tabs`].
#[derive(Clone, Debug, Default)]
pub struct Panel {
    /// The title on the tab.
    pub title: String,
    /// The contents.
    pub blocks: Vec<Block>,
}

/// A card with blocks beside it.
#[derive(Clone, Debug, Default)]
pub struct CardAndBlocks {
    /// The heading.
    pub title: String,
    /// The card on the left, or above the blocks in a narrow window.
    pub card: Card,
    /// The blocks. Each has its own column if the window is wide enough.
    pub blocks: Vec<Block>,
}

/// A chart or an image with a caption.
#[derive(Clone, Debug)]
pub struct Figure {
    /// The title. It may be empty.
    pub title: String,
    /// How to read it. It may be empty.
    pub note: String,
    /// The chart or image.
    pub body: Body,
    /// Links to the files with the data.
    pub links: Vec<Link>,
    /// The width of the figure.
    pub width: FigureWidth,
}

/// The width of a figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FigureWidth {
    /// One column of the grid.
    #[default]
    Normal,
    /// The width of the page.
    Wide,
}

impl FigureWidth {
    /// Returns the class in the style sheet.
    fn class(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Wide => "wide",
        }
    }
}

/// The contents of a figure.
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
    /// The title.
    pub title: String,
    /// How to read it. It may be empty.
    pub note: String,
    /// The names of the columns, with `true` for columns of numbers. The first column has the names of the rows.
    pub columns: Vec<(String, bool)>,
    /// The rows, with `true` for highlighted rows.
    pub rows: Vec<(Vec<String>, bool)>,
    /// Links to the files with the data.
    pub links: Vec<Link>,
}

impl Table {
    /// Returns whether column `index` has numbers.
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

/// Returns the HTML of `blocks`. Their headings have `level`, 2 to 6.
pub(super) fn html(blocks: &[Block], level: u8) -> askama::Result<String> {
    let mut html = String::new();
    for block in blocks {
        BlockTemplate { block, level: level.min(6) }.render_into(&mut html)?;
    }
    Ok(html)
}

/// Returns the SVG of a chart for the template.
fn drawing(scene: &Scene) -> askama::Result<String> {
    scene.inline().map_err(ReportError::into_template)
}
