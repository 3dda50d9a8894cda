//! Copies of a picture among very many: resized, recompressed, or with a little cut off.
//!
//! A cut moves everything, and a hash of the whole no longer fits. So each picture is hashed sixteen times: whole, and
//! with a twentieth cut off each combination of its sides. A cut copy's whole is close to one of the original's sixteen.

use std::fmt::Write;

use image::{GrayImage, RgbImage};

use crate::decode::decode_luma;
use crate::resize::thumbnail_luma;
use crate::spectrum::{FINE, spectra};
use crate::{DecodeError, Header, Limits, convert};

/// Spatial frequencies each way of the coarse hash: 64 bits. A fine hash has those of [`FINE`]: 256.
const COARSE: usize = 8;
/// The picture is made this small first, longer side in pixels.
const SMALL: u32 = 256;
/// What is cut off a side, as a share of the picture.
const CUT: f32 = 0.05;
/// Bits of the coarse hash in which copies may differ: cutting a twentieth off every side of 360 photos changed 22 at most.
const COARSE_REACH: u32 = 22;

type Fine = [u64; 4];

/// What a picture looks like, for finding its copies.
///
/// After pHash (Zauner 2010, "Implementation and Benchmarking of Perceptual Image Hash Functions", 3.2.1): which of the lowest
/// spatial frequencies of the luma are stronger than their median.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    coarse: u64,
    /// By the sides that are cut: bit 0 left, 1 top, 2 right, 3 bottom. The first is of the whole picture.
    fine: [Fine; 16],
}

impl Look {
    /// The look of `img`.
    ///
    /// # Panics
    /// When `img` has no pixels; [`crate::decode`] returns no such picture.
    pub fn of(img: &RgbImage) -> Self {
        Self::of_luma(&convert::luma(img))
    }

    /// The look of the picture in `bytes`, of which [`crate::inspect`] gave `header` within `limits`, and its width and height, upright.
    ///
    /// Refuses what [`crate::decode`] refuses, and is faster than that and [`Look::of`]: a look needs no colours.
    pub fn decode(bytes: &[u8], header: &Header, limits: &Limits) -> Result<(Self, [u32; 2]), DecodeError> {
        if let Some(luma) = decode_luma(bytes, header)? {
            return Ok((Self::of_luma(&luma), [luma.width(), luma.height()]));
        }
        let picture = crate::decode(bytes, limits)?;
        Ok((Self::of(&picture), [picture.width(), picture.height()]))
    }

    fn of_luma(img: &GrayImage) -> Self {
        let spectra = spectra(&thumbnail_luma(img, SMALL), CUT);
        let low: Vec<f32> =
            (0..COARSE).flat_map(|row| spectra[0][row * FINE..row * FINE + COARSE].iter().copied()).collect();
        let fine = spectra.map(|spectrum| {
            let words = bits(&spectrum);
            std::array::from_fn(|at| words[at])
        });
        Self { coarse: bits(&low)[0], fine }
    }

    /// How unlike two pictures are at the best of the cuts: 0 (the same) to 256.
    pub fn distance(&self, other: &Self) -> u32 {
        let nearest =
            |whole: &Fine, cuts: &[Fine; 16]| cuts.iter().map(|cut| differing(whole, cut)).min().unwrap_or(256);
        nearest(&self.fine[0], &other.fine).min(nearest(&other.fine[0], &self.fine))
    }

    /// Whether [`Look::distance`] is at most `reach`; most pairs are known not to be after half of each hash.
    fn is_near(&self, other: &Self, reach: u32) -> bool {
        let differing = |one: &[u64], other: &[u64]| -> u32 {
            one.iter().zip(other).map(|(one, other)| (one ^ other).count_ones()).sum()
        };
        let fits = |whole: &Fine, cut: &Fine| {
            let half = differing(&whole[..2], &cut[..2]);
            half <= reach && half + differing(&whole[2..], &cut[2..]) <= reach
        };
        other.fine.iter().any(|cut| fits(&self.fine[0], cut)) || self.fine.iter().any(|cut| fits(&other.fine[0], cut))
    }

    /// Whether one is a copy of the other, `reach` being the distance that is still one.
    pub fn is_copy(&self, other: &Self, reach: u32) -> bool {
        (self.coarse ^ other.coarse).count_ones() <= COARSE_REACH && self.is_near(other, reach)
    }

    /// As text: 1040 hex digits.
    pub fn to_hex(&self) -> String {
        let words = std::iter::once(&self.coarse).chain(self.fine.iter().flatten());
        words.fold(String::with_capacity(1040), |mut text, word| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{word:016x}");
            text
        })
    }

    /// What [`Look::to_hex`] wrote; `None` when `text` is nothing of the kind.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 1040 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let words: Vec<u64> =
            (0..65).filter_map(|at| u64::from_str_radix(&text[at * 16..at * 16 + 16], 16).ok()).collect();
        let fine = std::array::from_fn(|sides| std::array::from_fn(|at| words[1 + sides * 4 + at]));
        Some(Self { coarse: words[0], fine })
    }
}

fn differing(one: &Fine, other: &Fine) -> u32 {
    one.iter().zip(other).map(|(one, other)| (one ^ other).count_ones()).sum()
}

/// Very many looks, to be searched for copies.
#[derive(Clone, Debug, Default)]
pub struct Looks {
    /// Apart, so that a search reads eight bytes of most of them.
    coarse: Vec<u64>,
    looks: Vec<Look>,
}

impl Looks {
    /// Adds a look and gives its index: 0, 1, 2…
    pub fn add(&mut self, look: Look) -> usize {
        self.coarse.push(look.coarse);
        self.looks.push(look);
        self.looks.len() - 1
    }

    /// The indices of all that [`Look::is_copy`] joins with `look`, in rising order.
    pub fn copies(&self, look: &Look, reach: u32) -> Vec<usize> {
        let near =
            self.coarse.iter().enumerate().filter(|(_, coarse)| (*coarse ^ look.coarse).count_ones() <= COARSE_REACH);
        near.map(|(index, _)| index).filter(|index| self.looks[*index].is_near(look, reach)).collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.looks.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.looks.is_empty()
    }
}

/// A bit for each value: whether it is above the median of all but the first, which is the mean brightness.
fn bits(values: &[f32]) -> Vec<u64> {
    let mut others = values[1..].to_vec();
    let middle = others.len() / 2;
    let (_, median, _) = others.select_nth_unstable_by(middle, f32::total_cmp);
    values.chunks(64).map(|part| part.iter().fold(0, |word, value| word << 1 | u64::from(*value > *median))).collect()
}
