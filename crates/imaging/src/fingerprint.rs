//! Finds copies of an image among many: resized, compressed again, or cropped a little.
//!
//! Cropping moves all pixels, so the hash of the whole image no longer matches. Each image therefore has sixteen hashes: of the whole
//! image, and with a twentieth cut off each combination of its sides. The whole hash of a cropped copy is close to one of the sixteen
//! hashes of the original.

use std::fmt::Write;

use image::{GrayImage, RgbImage};

use crate::decode::decode_luma;
use crate::resize::thumbnail_luma;
use crate::spectrum::{FINE, spectra};
use crate::{DecodeError, Header, Limits, convert};

/// The number of spatial frequencies per axis in the coarse hash, which has 64 bits. A fine hash has [`FINE`] per axis and 256 bits.
const COARSE: usize = 8;
/// The longer side of the shrunk image in pixels. The hashes are computed from it.
const SMALL: u32 = 256;
/// The share of the image that is cut off a side.
const CUT: f32 = 0.05;
/// The maximum number of differing bits in the coarse hashes of copies. Cutting a twentieth off every side of 360 photos changed at
/// most 22 bits.
const COARSE_REACH: u32 = 22;

type Fine = [u64; 4];

/// The fingerprint of an image: perceptual hashes that find its copies.
///
/// A bit says whether a spatial frequency of the luma is above the median of the lowest frequencies (pHash: Zauner 2010,
/// "Implementation and Benchmarking of Perceptual Image Hash Functions", 3.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    coarse: u64,
    /// The fine hashes, indexed by the cut sides: bit 0 left, 1 top, 2 right, 3 bottom. The first is of the whole image.
    fine: [Fine; 16],
}

impl Fingerprint {
    /// Computes the hashes of `img`.
    ///
    /// # Panics
    /// Panics when `img` has no pixels. [`crate::decode`] returns no such image.
    pub fn of(img: &RgbImage) -> Self {
        Self::of_luma(&convert::luma(img))
    }

    /// Computes the hashes of the image in `bytes`. Also returns its width and height after orientation.
    ///
    /// `header` is the result of [`crate::inspect`] for `bytes` and `limits`. The function is faster than [`crate::decode`] followed by
    /// [`Fingerprint::of`], because the hashes need no colours.
    ///
    /// # Errors
    /// Returns the same errors as [`crate::decode`].
    pub fn decode(bytes: &[u8], header: &Header, limits: &Limits) -> Result<(Self, [u32; 2]), DecodeError> {
        if let Some(luma) = decode_luma(bytes, header)? {
            return Ok((Self::of_luma(&luma), [luma.width(), luma.height()]));
        }
        let image = crate::decode(bytes, limits)?;
        Ok((Self::of(&image), [image.width(), image.height()]))
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

    /// Returns the distance at the best of the cuts, from 0 (equal) to 256.
    pub fn distance(&self, other: &Self) -> u32 {
        let nearest =
            |whole: &Fine, cuts: &[Fine; 16]| cuts.iter().map(|cut| differing(whole, cut)).min().unwrap_or(256);
        nearest(&self.fine[0], &other.fine).min(nearest(&other.fine[0], &self.fine))
    }

    /// Returns whether [`Fingerprint::distance`] is at most `reach`. The first half of each hash rejects most pairs.
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

    /// Returns whether one image is a copy of the other. `reach` is the maximum distance of a copy.
    pub fn is_copy(&self, other: &Self, reach: u32) -> bool {
        (self.coarse ^ other.coarse).count_ones() <= COARSE_REACH && self.is_near(other, reach)
    }

    /// Returns the hashes as 1040 hex digits.
    pub fn to_hex(&self) -> String {
        let words = std::iter::once(&self.coarse).chain(self.fine.iter().flatten());
        words.fold(String::with_capacity(1040), |mut text, word| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{word:016x}");
            text
        })
    }

    /// Parses the output of [`Fingerprint::to_hex`]. Returns `None` when `text` has another form.
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

/// An index of many fingerprints, which is searched for copies.
#[derive(Clone, Debug, Default)]
pub struct FingerprintIndex {
    /// The coarse hashes in a separate list, so that a search reads only eight bytes of most fingerprints.
    coarse: Vec<u64>,
    fingerprints: Vec<Fingerprint>,
}

impl FingerprintIndex {
    /// Adds a fingerprint and returns its position: 0, 1, 2, …
    pub fn add(&mut self, fingerprint: Fingerprint) -> usize {
        self.coarse.push(fingerprint.coarse);
        self.fingerprints.push(fingerprint);
        self.fingerprints.len() - 1
    }

    /// Returns the indices of all copies of `fingerprint` by [`Fingerprint::is_copy`], in ascending order.
    pub fn copies(&self, fingerprint: &Fingerprint, reach: u32) -> Vec<usize> {
        let near = self
            .coarse
            .iter()
            .enumerate()
            .filter(|(_, coarse)| (*coarse ^ fingerprint.coarse).count_ones() <= COARSE_REACH);
        near.map(|(index, _)| index).filter(|index| self.fingerprints[*index].is_near(fingerprint, reach)).collect()
    }

    /// Returns the number of fingerprints.
    pub fn len(&self) -> usize {
        self.fingerprints.len()
    }

    /// Returns whether there are no fingerprints.
    pub fn is_empty(&self) -> bool {
        self.fingerprints.is_empty()
    }
}

/// Returns a bit for each value: whether it is above the median of all values but the first. The first is the mean brightness.
fn bits(values: &[f32]) -> Vec<u64> {
    let mut others = values[1..].to_vec();
    let middle = others.len() / 2;
    let (_, median, _) = others.select_nth_unstable_by(middle, f32::total_cmp);
    values.chunks(64).map(|part| part.iter().fold(0, |word, value| word << 1 | u64::from(*value > *median))).collect()
}
