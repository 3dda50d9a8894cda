//! Images with what is said about them.

use askama::Template;

use super::Link;
use crate::{DataUri, scale};

/// An image in the page.
#[derive(Clone, Debug)]
pub struct Image {
    /// The image itself.
    pub source: DataUri,
    /// What it shows, for those who do not see it.
    pub alt: String,
    /// A word or two below it; may be empty.
    pub caption: String,
    /// A frame in the colour of this class, an index into [`Page::colors`](super::Page::colors).
    pub frame: Option<usize>,
    /// Its pixels are data: never smoothed when enlarged.
    pub pixels: bool,
}

impl Image {
    /// Its classes in the style sheet.
    pub(super) fn class(&self) -> String {
        let frame = self.frame.map(|index| format!("framed k{index}"));
        let pixels = self.pixels.then(|| "pixels".to_owned());
        frame.into_iter().chain(pixels).collect::<Vec<_>>().join(" ")
    }
}

/// Least width of a gallery's cards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tile {
    /// About 110 pixels: many images at a glance.
    Small,
    /// About 160 pixels.
    #[default]
    Normal,
    /// About 300 pixels: images with things to read in them.
    Large,
}

impl Tile {
    /// Its class in the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Normal => "normal",
            Self::Large => "large",
        }
    }
}

/// Images with captions, in rows.
#[derive(Clone, Debug, Default)]
pub struct Gallery {
    /// What they have in common; may be empty.
    pub title: String,
    /// How to read them; may be empty.
    pub note: String,
    /// The images.
    pub cards: Vec<Card>,
    /// The files behind them.
    pub links: Vec<Link>,
    /// Least width of a card.
    pub tile: Tile,
}

/// A share of 1 as a bar.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What has this share.
    pub name: String,
    /// The share, `0..=1`.
    pub share: f64,
    /// Its colour, an index into [`Page::colors`](super::Page::colors).
    pub color: usize,
}

impl Bar {
    /// Length in tenths of a percent.
    fn length(&self) -> u32 {
        (self.share.clamp(0.0, 1.0) * 1000.0).round() as u32
    }

    /// The share in words. A softmax never gives 0 or 1; where it seems to, float32 ran out of digits.
    fn words(&self) -> String {
        scale::percent(self.share.clamp(1e-9, 1.0 - 1e-9))
    }
}

/// One or more images that belong together, with words below.
#[derive(Clone, Debug, Default)]
pub struct Card {
    /// Its anchor, for links from charts; may be empty.
    pub id: String,
    /// The images, side by side.
    pub images: Vec<Image>,
    /// What it is.
    pub title: String,
    /// Short remarks.
    pub lines: Vec<String>,
    /// Probabilities.
    pub bars: Vec<Bar>,
    /// Whether the network was right, where that is the question.
    pub right: Option<bool>,
    /// The files behind it.
    pub links: Vec<Link>,
}

#[derive(Template)]
#[template(path = "cards.html")]
struct CardsTemplate<'a> {
    cards: &'a [Card],
    tile: Tile,
}

/// The list of `cards`.
pub(super) fn list(cards: &[Card], tile: Tile) -> askama::Result<String> {
    CardsTemplate { cards, tile }.render()
}

#[derive(Template)]
#[template(path = "card.html")]
struct CardTemplate<'a> {
    card: &'a Card,
}

/// What is in one card.
pub(super) fn card(card: &Card) -> askama::Result<String> {
    CardTemplate { card }.render()
}
