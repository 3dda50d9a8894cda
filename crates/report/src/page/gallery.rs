//! Images with captions and predictions.

use askama::Template;

use super::Link;
use crate::{DataUri, scale};

/// An image on the page.
#[derive(Clone, Debug)]
pub struct Image {
    /// The pixels.
    pub source: DataUri,
    /// The text alternative.
    pub alt: String,
    /// The caption. It may be empty.
    pub caption: String,
    /// The class whose colour the frame has, an index into [`Page::colors`](super::Page::colors). `None` for no frame.
    pub frame: Option<usize>,
    /// Whether the pixels are data. They are then not smoothed when the image is enlarged.
    pub pixels: bool,
}

impl Image {
    /// Returns the classes in the style sheet.
    pub(super) fn class(&self) -> String {
        let frame = self.frame.map(|index| format!("framed k{index}"));
        let pixels = self.pixels.then(|| "pixels".to_owned());
        frame.into_iter().chain(pixels).collect::<Vec<_>>().join(" ")
    }
}

/// Least width of the cards of a gallery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tile {
    /// About 110 pixels, for many images.
    Small,
    /// About 160 pixels.
    #[default]
    Normal,
    /// About 300 pixels, for images with text or details.
    Large,
}

impl Tile {
    /// Returns the class in the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Normal => "normal",
            Self::Large => "large",
        }
    }
}

/// Cards in rows.
#[derive(Clone, Debug, Default)]
pub struct Gallery {
    /// The title. It may be empty.
    pub title: String,
    /// How to read the images. It may be empty.
    pub note: String,
    /// The cards.
    pub cards: Vec<Card>,
    /// Links to the files with the data.
    pub links: Vec<Link>,
    /// Least width of a card.
    pub tile: Tile,
}

/// A bar that shows a share of 1.
#[derive(Clone, Debug)]
pub struct Bar {
    /// The name of the share.
    pub name: String,
    /// The share, in `0..=1`.
    pub share: f64,
    /// The colour, an index into [`Page::colors`](super::Page::colors).
    pub color: usize,
}

impl Bar {
    /// Returns the length in tenths of a percent.
    fn length(&self) -> u32 {
        (self.share.clamp(0.0, 1.0) * 1000.0).round() as u32
    }

    /// Returns the share as text. It is never 0 % or 100 %, because a softmax computes 0 or 1 only by rounding.
    fn words(&self) -> String {
        scale::percent(self.share.clamp(1e-9, 1.0 - 1e-9))
    }
}

/// One or more images of one subject, with text below.
#[derive(Clone, Debug, Default)]
pub struct Card {
    /// The anchor for links from charts. It may be empty.
    pub id: String,
    /// The images. They are side by side.
    pub images: Vec<Image>,
    /// The title. It may be empty.
    pub title: String,
    /// Short remarks.
    pub lines: Vec<String>,
    /// Bars with probabilities.
    pub bars: Vec<Bar>,
    /// Whether the prediction is right. `None` if the card shows no prediction.
    pub right: Option<bool>,
    /// Links to the files with the data.
    pub links: Vec<Link>,
}

#[derive(Template)]
#[template(path = "cards.html")]
struct CardsTemplate<'a> {
    cards: &'a [Card],
    tile: Tile,
}

/// Returns the HTML of a list of `cards`.
pub(super) fn list(cards: &[Card], tile: Tile) -> askama::Result<String> {
    CardsTemplate { cards, tile }.render()
}

#[derive(Template)]
#[template(path = "card.html")]
struct CardTemplate<'a> {
    card: &'a Card,
}

/// Returns the HTML of the contents of a card.
pub(super) fn card(card: &Card) -> askama::Result<String> {
    CardTemplate { card }.render()
}
