//! `report.html`: what was trained on what, how good it is, and what it looks at, in one file.

mod examples;
mod inside;
mod overview;
mod provenance;
mod quality;
mod training;

use anyhow::Result;
use image::RgbImage;
use pipeline::Run;
use pipeline::dataset::{Dataset, Picture};
use report::page::{Link, Picture as Shown};
use report::{Color, DataUri, Page, scale};

use crate::activations::Maps;
use crate::choose::Chosen;
use crate::map::PictureMap;
use crate::occlusion::Map;
use crate::tuned::Tuned;
use crate::upstream::Results;
use crate::weights::Filters;

/// The report's file, below the stage's folder.
pub(crate) const FILE: &str = "report.html";
/// JPEG quality of photographs in the report.
const QUALITY: u8 = 80;

/// What this stage found.
#[derive(Debug)]
pub(crate) struct Looked {
    /// The pictures that were looked into.
    pub chosen: Vec<Chosen>,
    /// The first layer's filters, if it has any to show.
    pub filters: Option<Filters>,
    /// The feature maps of each chosen picture.
    pub activations: Vec<Vec<Maps>>,
    /// The occlusion map of each chosen picture.
    pub occlusion: Vec<Map>,
    /// The map of the data set.
    pub map: PictureMap,
}

/// All that the sections draw from.
struct Material<'a> {
    run: &'a Run<'a>,
    tuned: &'a Tuned,
    dataset: &'a Dataset,
    results: &'a Results,
    looked: &'a Looked,
}

/// Writes the report.
pub(crate) fn write(run: &Run, tuned: &Tuned, dataset: &Dataset, results: &Results, looked: &Looked) -> Result<()> {
    let material = Material { run, tuned, dataset, results, looked };
    let page = Page {
        title: overview::title(&material),
        lead: overview::lead(&material),
        facts: overview::facts(&material)?,
        sections: vec![
            overview::section(&material),
            training::section(&material)?,
            quality::section(&material)?,
            examples::section(&material)?,
            inside::filters(&material)?,
            inside::activations(&material)?,
            inside::occlusion(&material)?,
            inside::map(&material),
            provenance::section(&material)?,
        ],
        footer: format!("Written by tunescope {}. This file needs no other to be read.", env!("CARGO_PKG_VERSION")),
    };
    run.write(FILE, page.html()?.as_bytes())
}

impl Material<'_> {
    /// Name of class `index`.
    fn class(&self, index: usize) -> &str {
        self.dataset.classes.get(index).map_or("?", String::as_str)
    }

    /// Colour of class `index`.
    fn color(&self, index: usize) -> Color {
        Color::of_class(index, self.dataset.classes.len())
    }

    /// A preprocessed picture for the page, at most `side` pixels wide, framed in its class's colour.
    fn photo(&self, picture: &Picture, side: u32) -> Result<Shown> {
        let image = crate::pictures::read_one(self.dataset, picture, self.tuned.network.input.size)?;
        let mut shown =
            photo(&imaging::thumbnail(&image, side), &format!("{}: {}", picture.label, base(&picture.source)))?;
        shown.frame = Some(self.color(self.dataset.label_index(picture)));
        Ok(shown)
    }
}

/// A picture for the page, as JPEG.
fn photo(image: &RgbImage, alt: &str) -> Result<Shown> {
    let source = DataUri::jpeg(image, QUALITY)?;
    Ok(Shown { source, alt: alt.to_owned(), caption: String::new(), frame: None, pixels: false })
}

/// A probability in percent. Softmax never gives 0 or 1; where it seems to, float32 ran out of digits.
fn probability(value: f64) -> String {
    scale::percent(value.clamp(1e-9, 1.0 - 1e-9))
}

/// The last part of a path or address.
fn base(source: &str) -> &str {
    source.trim_end_matches('/').rsplit('/').next().unwrap_or(source)
}

/// Links to files, relative to the report.
fn links<const N: usize>(paths: [&str; N]) -> Vec<Link> {
    paths.into_iter().map(Link::to).collect()
}

/// Words as a person lists them: "a, b and c".
fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [some @ .., last] => format!("{} and {last}", some.join(", ")),
    }
}
