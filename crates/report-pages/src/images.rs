//! Images for the page.

use anyhow::Result;
use contract::{ImageRow, Judgement, stages};
use image::RgbImage;
use imaging::Limits;
use pipeline::{HintExt, run_again};
use report::DataUri;
use report::page::{Bar, Card, Image};

use crate::chosen::Chosen;
use crate::inputs::ReportInputs;
use crate::text::base;

/// JPEG quality of photographs in the report.
pub(crate) const QUALITY: u8 = 80;
/// Side of an image in a card, in pixels.
pub(crate) const SIDE: u32 = 224;
/// Number of most probable classes whose probabilities are shown with an image.
const BARS: usize = 3;

/// Encodes a photograph, as JPEG.
pub(crate) fn photo(image: &RgbImage, alt: &str) -> Result<Image> {
    let source = DataUri::jpeg(image, QUALITY)?;
    Ok(Image { source, alt: alt.to_owned(), caption: String::new(), frame: None, pixels: false })
}

/// Encodes a drawing with hard edges, as PNG.
pub(crate) fn drawing(image: &RgbImage, alt: &str) -> Result<Image> {
    let source = DataUri::png(image)?;
    Ok(Image { source, alt: alt.to_owned(), caption: String::new(), frame: None, pixels: true })
}

impl ReportInputs {
    /// Reads a preprocessed image.
    pub(crate) fn pixels(&self, image: &ImageRow) -> Result<RgbImage> {
        imaging::read(&self.dataset.file(image), &Limits::default()).hint(run_again(stages::PREPROCESS))
    }

    /// Returns a preprocessed image, at most `side` pixels wide, with a frame in the colour of its class.
    pub(crate) fn photo(&self, image: &ImageRow, side: u32) -> Result<Image> {
        self.framed(&self.pixels(image)?, &image.label, &image.source, side)
    }

    /// Returns an image that was analyzed, with a frame in the colour of its class.
    pub(crate) fn photo_of(&self, chosen: &Chosen) -> Result<Image> {
        let stage = if chosen.place.is_some() { stages::PREPROCESS } else { stages::ANALYZE };
        let pixels = imaging::read(&chosen.file, &Limits::default()).hint(run_again(stage))?;
        self.framed(&pixels, &chosen.row.class, &chosen.row.source, SIDE)
    }

    fn framed(&self, pixels: &RgbImage, label: &str, source: &str, side: u32) -> Result<Image> {
        let mut image = photo(&imaging::thumbnail(pixels, side), &format!("{label}: {}", base(source)))?;
        image.frame = Some(self.dataset.classes.iter().position(|class| class == label).unwrap_or(0));
        Ok(image)
    }

    /// Returns a card with an image and the prediction for it.
    pub(crate) fn card(&self, judgement: &Judgement) -> Result<Card> {
        let image = &self.dataset.images[judgement.image];
        let title = if judgement.is_right() {
            image.label.clone()
        } else {
            format!("{} taken for {}", image.label, self.class(judgement.predicted))
        };
        Ok(Card {
            images: vec![self.photo(image, SIDE)?],
            title,
            lines: vec![base(&image.source).to_owned()],
            bars: self.bars(judgement),
            right: Some(judgement.is_right()),
            ..Card::default()
        })
    }

    /// Returns bars for the most probable classes and for the label.
    fn bars(&self, judgement: &Judgement) -> Vec<Bar> {
        let share = |class: usize| judgement.probabilities.get(class).copied().unwrap_or(0.0);
        let mut classes: Vec<usize> = (0..self.dataset.classes.len()).collect();
        classes.sort_by(|a, b| share(*b).total_cmp(&share(*a)));
        let (first, rest) = classes.split_at(BARS.min(classes.len()));
        let label = rest.iter().filter(|class| **class == judgement.label);
        let bar = |class: &usize| Bar { name: self.class(*class).to_owned(), share: share(*class), color: *class };
        first.iter().chain(label).map(bar).collect()
    }
}
