//! What people look at: SVG charts, heat maps, image grids and the self-contained report page.
//!
//! The crate knows images and numbers, no network and no artifact. A stage describes a chart or a
//! page as plain data; this crate lays it out and writes it through escaping templates, so that a
//! class named `<script>` is only ever text.
//!
//! Charts are written by hand rather than by a plotting library because the same drawing has to
//! follow the page's colours in light and dark, carry hover titles, embed images and stay small.

pub mod chart;
pub mod color;
pub mod colormap;
pub mod crowd;
pub mod embed;
pub mod grid;
mod letters;
pub mod overlay;
pub mod page;
pub mod scale;
pub mod scene;
pub mod sheet;
mod text;

pub use color::Color;
pub use embed::DataUri;
pub use page::Page;
pub use scene::Scene;

/// Why a drawing or a page could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A template failed; the formatter's own message is attached.
    #[error("the report's template could not be filled in: {0}")]
    Template(#[from] askama::Error),
    /// An image could not be compressed.
    #[error("an image for the report could not be encoded: {0}")]
    Encode(#[from] image::ImageError),
}

impl ReportError {
    /// This error as one of a template, where a drawing is part of a page.
    fn into_template(self) -> askama::Error {
        match self {
            Self::Template(error) => error,
            other @ Self::Encode(_) => askama::Error::Custom(Box::new(other)),
        }
    }
}
