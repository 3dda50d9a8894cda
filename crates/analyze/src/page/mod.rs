//! `report.html`: what was trained on what, how good it is, and what it looks at, in one file.
//!
//! What `train` and `evaluate` found is handed in; what this stage found is read back from the files beside the report
//! ([`beside`]). A section without anything to show says so in a line.

mod activations;
mod beside;
mod examples;
mod exciting;
mod layers;
mod map;
mod overview;
mod provenance;
mod quality;
mod training;
mod weights;
mod why;

use crate::view::Run;
use anyhow::Result;
use contract::{Dataset, Judgement, Picture};
use image::RgbImage;
use report::page::{Bar, Card, Link, Picture as Shown};
use report::{Color, DataUri, Page, scale};

use self::beside::Beside;
use crate::choose::Chosen;
use crate::tuned::Tuned;
use crate::upstream::Results;

/// The report's file, below the stage's folder.
pub(crate) const FILE: &str = "report.html";
/// JPEG quality of photographs in the report.
const QUALITY: u8 = 80;
/// Classes whose probability is shown with a picture, the most likely ones.
const BARS: usize = 3;

/// All that the sections draw from.
struct Material<'a> {
    run: &'a Run<'a>,
    tuned: &'a Tuned,
    dataset: &'a Dataset,
    results: &'a Results,
    chosen: &'a [Chosen],
    beside: Beside<'a>,
}

/// Writes the report. `chosen` are the pictures that were looked into.
pub(crate) fn write(run: &Run, tuned: &Tuned, dataset: &Dataset, results: &Results, chosen: &[Chosen]) -> Result<()> {
    let beside = Beside::new(run.folder());
    let of = &Material { run, tuned, dataset, results, chosen, beside };
    let mut sections =
        vec![overview::section(of), training::section(of)?, quality::section(of)?, examples::section(of)?];
    sections.extend(layers::section(of)?);
    sections.push(weights::section(of)?);
    sections.push(activations::section(of)?);
    sections.push(why::section(of)?);
    sections.extend(map::section(of)?);
    sections.push(provenance::section(of)?);
    let page = Page {
        title: overview::title(of),
        above: "What a network learned, and where it looks".to_owned(),
        lead: overview::lead(of),
        facts: overview::facts(of)?,
        sections,
        colors: (0..dataset.classes.len()).map(|class| Color::of_class(class, dataset.classes.len())).collect(),
        footer: format!(
            "Written by tunescope {}. This file needs no other to be read; links lead to the numbers beside it.",
            env!("CARGO_PKG_VERSION")
        ),
    };
    run.write(FILE, page.html()?.as_bytes())
}

impl Material<'_> {
    /// Name of class `index`.
    fn class(&self, index: usize) -> &str {
        self.dataset.classes.get(index).map_or("?", String::as_str)
    }

    /// A preprocessed picture for the page, at most `side` pixels wide, framed in its class's colour.
    fn photo(&self, picture: &Picture, side: u32) -> Result<Shown> {
        let image = crate::pictures::read(self.dataset, picture, self.tuned.network.input.size)?;
        let mut shown =
            photo(&imaging::thumbnail(&image, side), &format!("{}: {}", picture.label, base(&picture.source)))?;
        shown.frame = Some(self.dataset.label_index(picture));
        Ok(shown)
    }

    /// A picture with what the network says of it.
    fn card(&self, prediction: &Judgement, side: u32) -> Result<Card> {
        let picture = &self.dataset.pictures[prediction.picture];
        let title = if prediction.is_right() {
            picture.label.clone()
        } else {
            format!("{} taken for {}", picture.label, self.class(prediction.predicted))
        };
        Ok(Card {
            pictures: vec![self.photo(picture, side)?],
            title,
            lines: vec![base(&picture.source).to_owned()],
            bars: self.bars(prediction),
            right: Some(prediction.is_right()),
            ..Card::default()
        })
    }

    /// The most likely classes and the label.
    fn bars(&self, prediction: &Judgement) -> Vec<Bar> {
        let share = |class: usize| prediction.probabilities.get(class).copied().unwrap_or(0.0);
        let mut classes: Vec<usize> = (0..self.dataset.classes.len()).collect();
        classes.sort_by(|a, b| share(*b).total_cmp(&share(*a)));
        let (first, rest) = classes.split_at(BARS.min(classes.len()));
        let label = rest.iter().filter(|class| **class == prediction.label);
        let bar = |class: &usize| Bar { name: self.class(*class).to_owned(), share: share(*class), color: *class };
        first.iter().chain(label).map(bar).collect()
    }

    /// What the network says of the picture at `place`, if `evaluate` asked it.
    fn prediction(&self, place: usize) -> Option<&Judgement> {
        self.results.predictions.iter().find(|prediction| prediction.picture == place)
    }

    /// Names of the layers, in the order of the network's file.
    fn layers(&self) -> impl Iterator<Item = &str> {
        self.tuned.network.layers.iter().map(|layer| layer.name.as_str())
    }
}

/// A picture for the page, as JPEG.
fn photo(image: &RgbImage, alt: &str) -> Result<Shown> {
    let source = DataUri::jpeg(image, QUALITY)?;
    Ok(Shown { source, alt: alt.to_owned(), caption: String::new(), frame: None, pixels: false })
}

/// A picture of hard edges for the page, as PNG.
fn drawing(image: &RgbImage, alt: &str) -> Result<Shown> {
    let source = DataUri::png(image)?;
    Ok(Shown { source, alt: alt.to_owned(), caption: String::new(), frame: None, pixels: true })
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
fn links<S: AsRef<str>>(paths: impl IntoIterator<Item = S>) -> Vec<Link> {
    paths.into_iter().map(|path| Link::to(path.as_ref())).collect()
}

/// Words as a person lists them: "a, b and c".
fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [some @ .., last] => format!("{} and {last}", some.join(", ")),
    }
}

/// Column names of a table: those that hold numbers are marked.
fn columns(names: &[&str], numbers: &[&str]) -> Vec<(String, bool)> {
    names.iter().map(|name| ((*name).to_owned(), numbers.contains(name))).collect()
}
