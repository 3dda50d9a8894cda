//! SVG charts, heat maps, grids of images, and the self-contained report page.
//!
//! The crate works with images and numbers. It knows no network and no artifact. The caller describes a chart or a page as
//! plain data. The crate lays it out and writes it through templates that escape all text, so that a class named `<script>` is
//! shown as text.
//!
//! The charts do not use a plotting library. A drawing must follow the light and dark colours of the page, show titles on hover,
//! embed images, and stay small.

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

/// An error while writing a drawing or a page.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A template failed.
    #[error("cannot fill in a template of the report: {0}")]
    Template(#[from] askama::Error),
    /// An image could not be compressed.
    #[error("cannot encode an image for the report: {0}")]
    Encode(#[from] image::ImageError),
}

impl ReportError {
    /// Converts the error to an error of a template. This is needed where a drawing is part of a page.
    fn into_template(self) -> askama::Error {
        match self {
            Self::Template(error) => error,
            other @ Self::Encode(_) => askama::Error::Custom(Box::new(other)),
        }
    }
}
