//! Decodes TIFF files.
//!
//! The decoder of the crate `image` reads gray, RGB and CMYK samples. This module adds palettes, YCbCr, gray with 2 and 4 bits, gray with
//! alpha, premultiplied alpha and the reversed order of bits. It decodes these as plain samples with the crate `tiff`, which needs
//! another photometric interpretation in the directory, and converts the samples itself.

mod directory;
mod lzw;
mod reason;
mod samples;
mod strips;
mod support;

use std::borrow::Cow;
use std::io::Cursor;

use image::metadata::Orientation;
use image::{ColorType, DynamicImage, GrayAlphaImage, GrayImage, ImageBuffer, LumaA, Rgb, RgbImage, Rgba, RgbaImage};
use tiff::decoder::{Decoder, DecodingResult};

use crate::color::Pixels;
use crate::metadata::{EmbeddedProfile, Metadata};
use crate::{DecodeError, Format, Limits, jpeg};
use directory::{Directory, tag};
use reason::{damaged, explain, unsupported};
use samples::{Samples, divide, to_rgb, without_fourth};
use support::Features;

pub(crate) use strips::Strips;

/// The way to decode a file.
pub(crate) struct TiffPlan<'a> {
    directory: Directory<'a>,
    /// `None` for the decoder of the crate `image`.
    samples: Option<Samples>,
    bits: u32,
    /// The number of samples per pixel.
    count: u32,
    white_is_zero: bool,
    /// Whether the bytes of the data start with their lowest bit.
    reversed: bool,
    bytes: &'a [u8],
}

impl<'a> TiffPlan<'a> {
    /// Reads the directory of `bytes`, or says which feature of the file is not supported.
    pub fn new(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let directory = Directory::read(bytes).ok_or(DecodeError::Truncated { format: Format::Tiff })?;
        let number = |tag, default| directory.number(tag).unwrap_or(default);
        // Strips that overlap could make a small file an endless work.
        let total: u64 = directory.chunks().iter().map(|range| range.len() as u64).sum();
        if total > bytes.len() as u64 {
            return Err(damaged("its strips or tiles overlap"));
        }
        let photometric = number(tag::PHOTOMETRIC, 0);
        let count = number(tag::SAMPLES_PER_PIXEL, 1);
        let bits = number(tag::BITS_PER_SAMPLE, 1);
        let compression = number(tag::COMPRESSION, 1);
        let sample_format = number(tag::SAMPLE_FORMAT, 1);
        let extra = directory.numbers(tag::EXTRA_SAMPLES);
        let planar = number(tag::PLANAR_CONFIGURATION, 1) == 2 && count > 1;
        if directory.numbers(tag::BITS_PER_SAMPLE).iter().any(|other| *other != bits) {
            return Err(unsupported("samples with different numbers of bits"));
        }
        if planar && directory.number(tag::TILE_OFFSETS).is_some() {
            return Err(unsupported("tiles with separate planes"));
        }
        let samples = match photometric {
            0 | 1 if count > 1 => Some(Samples::GrayWith {
                alpha: matches!(extra.first(), Some(1 | 2)),
                premultiplied: extra.first() == Some(&1),
            }),
            0 | 1 if matches!(bits, 2 | 4) => Some(Samples::Gray),
            2 if count == 4 && extra == [1] => Some(Samples::Premultiplied),
            2 if count == 4 && extra == [0] => Some(Samples::RgbWithUnused),
            3 => Some(Samples::Palette),
            // Without a profile, the crate `image` converts the inks.
            5 if count == 4 && bits == 8 && !planar && directory.data(tag::ICC_PROFILE).is_some() => {
                Some(Samples::Cmyk)
            }
            6 => Some(Samples::YCbCr),
            _ => None,
        };
        let plan = Self {
            samples,
            bits,
            count,
            white_is_zero: photometric == 0,
            reversed: directory.number(tag::FILL_ORDER) == Some(2) && !reads_either_order(compression),
            directory,
            bytes,
        };
        let features = Features {
            directory: &plan.directory,
            samples,
            bits,
            count,
            photometric,
            compression,
            sample_format,
            planar,
        };
        features.check()?;
        Ok(plan)
    }

    /// Returns the orientation and the colour profile.
    pub fn metadata(&self) -> Metadata<'a> {
        let orientation =
            self.directory.number(tag::ORIENTATION).and_then(|n| Orientation::from_exif(n.min(255) as u8));
        let profile = self.directory.data(tag::ICC_PROFILE);
        let profile = profile.map_or(EmbeddedProfile::None, |bytes| EmbeddedProfile::Stored(Cow::Borrowed(bytes)));
        Metadata { orientation, profile }
    }

    /// Returns whether [`TiffPlan::decode`] decodes the file. Otherwise the crate `image` does, from [`TiffPlan::file`].
    pub fn is_special(&self) -> bool {
        self.samples.is_some()
    }

    /// Returns the file with the usual order of bits.
    pub fn file(&self) -> Cow<'a, [u8]> {
        if !self.reversed {
            return Cow::Borrowed(self.bytes);
        }
        let mut copy = self.bytes.to_vec();
        for range in self.directory.chunks() {
            copy[range].iter_mut().for_each(|byte| *byte = byte.reverse_bits());
        }
        self.directory.replace(&mut copy, tag::FILL_ORDER, 1);
        Cow::Owned(copy)
    }

    /// Returns [`TiffPlan::file`] with plain tiles instead of tiles with LZW compression, or `None` when the file has no such tiles.
    ///
    /// # Errors
    /// Returns an error when the codes of a tile are not valid or not complete.
    pub fn with_plain_tiles(&self) -> Result<Option<Vec<u8>>, DecodeError> {
        let Some(tile) = self.lzw_tile() else { return Ok(None) };
        let mut copy = self.file().into_owned();
        lzw::unpack_tiles(&mut copy, &self.directory, tile)?;
        Ok(Some(copy))
    }

    /// Returns the number of bytes of a plain tile, when the file has tiles with LZW compression.
    fn lzw_tile(&self) -> Option<usize> {
        const LZW: u32 = 5;
        if self.directory.number(tag::COMPRESSION) != Some(LZW) {
            return None;
        }
        let (width, length) = (self.directory.number(tag::TILE_WIDTH)?, self.directory.number(tag::TILE_LENGTH)?);
        let row = (u64::from(width) * u64::from(self.count) * u64::from(self.bits)).div_ceil(8);
        usize::try_from(row.checked_mul(u64::from(length))?).ok()
    }

    /// Returns the size in pixels, and the colour type of the pixels before the conversion to RGB.
    pub fn size(&self) -> Result<([u32; 2], ColorType), DecodeError> {
        let mut decoder = Decoder::new(Cursor::new(self.bytes)).map_err(explain)?;
        let (width, height) = decoder.dimensions().map_err(explain)?;
        let color = match (self.samples, self.bits) {
            (Some(Samples::Gray), _) => ColorType::L8,
            (Some(Samples::GrayWith { .. }), 16) => ColorType::La16,
            (Some(Samples::GrayWith { .. }), _) => ColorType::La8,
            (Some(Samples::RgbWithUnused), 16) => ColorType::Rgb16,
            (Some(Samples::Premultiplied), 16) => ColorType::Rgba16,
            (Some(Samples::Premultiplied), _) => ColorType::Rgba8,
            _ => ColorType::Rgb8,
        };
        Ok(([width, height], color))
    }

    /// Returns the additional memory for decoding `pixels` pixels in bytes.
    pub fn scratch(&self, pixels: u64) -> u64 {
        let tile = self.lzw_tile();
        let copy = if self.reversed || tile.is_some() || self.is_special() { self.bytes.len() as u64 } else { 0 };
        let tiles = tile.map_or(0, |tile| (tile as u64).saturating_mul(self.directory.chunks().len() as u64));
        let raw = if self.is_special() { pixels * u64::from((self.count * self.bits).div_ceil(8)) } else { 0 };
        copy.saturating_add(tiles).saturating_add(raw)
    }

    /// Checks that the JPEG streams of the file are complete.
    pub fn check_streams(&self) -> Result<(), DecodeError> {
        if self.directory.number(tag::COMPRESSION) != Some(7) {
            return Ok(());
        }
        if self.directory.chunks().len() < self.directory.chunk_count() {
            return Err(DecodeError::Truncated { format: Format::Tiff });
        }
        let tables = self.directory.data(tag::JPEG_TABLES).unwrap_or_default();
        for range in self.directory.chunks() {
            jpeg::check_tables(tables, &self.bytes[range])?;
        }
        Ok(())
    }

    /// Decodes a special file. The result has inks for CMYK.
    pub fn decode(&self, limits: &Limits) -> Result<Pixels, DecodeError> {
        let Some(samples) = self.samples else { return Err(damaged("it has no special samples")) };
        let mut copy = self.with_plain_tiles()?.unwrap_or_else(|| self.file().into_owned());
        let interpretation = match samples {
            // BlackIsZero with one sample, or with several of them.
            Samples::Gray | Samples::Palette | Samples::GrayWith { .. } => 1,
            Samples::YCbCr | Samples::Premultiplied | Samples::RgbWithUnused => 2,
            Samples::Cmyk => 5,
        };
        self.directory.replace(&mut copy, tag::PHOTOMETRIC, interpretation);
        if samples == Samples::RgbWithUnused {
            // The crate `tiff` reads the fourth sample only as alpha.
            self.directory.replace(&mut copy, tag::EXTRA_SAMPLES, 2);
        }
        let limit = usize::try_from(limits.max_bytes).unwrap_or(usize::MAX);
        let mut own = tiff::decoder::Limits::default();
        (own.decoding_buffer_size, own.intermediate_buffer_size) = (limit, limit);
        let mut decoder = Decoder::new(Strips::new(copy.into())).map_err(explain)?.with_limits(own);
        let (width, height) = decoder.dimensions().map_err(explain)?;
        let raw = decoder.read_image().map_err(explain)?;
        let pixels = match (raw, samples) {
            (DecodingResult::U8(raw), Samples::Cmyk) => return Ok(Pixels::Cmyk { width, height, samples: raw }),
            (DecodingResult::U8(raw), Samples::Gray) => {
                let levels = (1u32 << self.bits) - 1;
                let gray = self.unpacked(&raw, width).map(|value| self.gray((u32::from(value) * 255 / levels) as u8));
                GrayImage::from_raw(width, height, gray.collect()).map(DynamicImage::from)
            }
            (DecodingResult::U8(raw), Samples::Palette) => {
                let palette = self.palette()?;
                let rgb = self.unpacked(&raw, width).flat_map(|index| palette[usize::from(index)]);
                RgbImage::from_raw(width, height, rgb.collect()).map(DynamicImage::from)
            }
            (DecodingResult::U8(mut raw), Samples::YCbCr) => {
                raw.chunks_exact_mut(3)
                    .for_each(|pixel| pixel.copy_from_slice(&to_rgb([pixel[0], pixel[1], pixel[2]])));
                RgbImage::from_raw(width, height, raw).map(DynamicImage::from)
            }
            (DecodingResult::U8(mut raw), Samples::Premultiplied) => {
                raw.chunks_exact_mut(4).for_each(|pixel| divide(pixel, 255));
                RgbaImage::from_raw(width, height, raw).map(DynamicImage::from)
            }
            (DecodingResult::U16(mut raw), Samples::Premultiplied) => {
                raw.chunks_exact_mut(4).for_each(|pixel| divide(pixel, 65535));
                ImageBuffer::<Rgba<u16>, _>::from_raw(width, height, raw).map(DynamicImage::from)
            }
            (DecodingResult::U8(raw), Samples::RgbWithUnused) => {
                RgbImage::from_raw(width, height, without_fourth(&raw)).map(DynamicImage::from)
            }
            (DecodingResult::U16(raw), Samples::RgbWithUnused) => {
                ImageBuffer::<Rgb<u16>, _>::from_raw(width, height, without_fourth(&raw)).map(DynamicImage::from)
            }
            (DecodingResult::U8(raw), Samples::GrayWith { .. }) => {
                let pixels = self.with_alpha(&raw, |value| self.gray(value), 255);
                GrayAlphaImage::from_raw(width, height, pixels).map(DynamicImage::from)
            }
            (DecodingResult::U16(raw), Samples::GrayWith { .. }) => {
                let gray = |value| if self.white_is_zero { u16::MAX - value } else { value };
                let pixels = self.with_alpha(&raw, gray, 65535);
                ImageBuffer::<LumaA<u16>, _>::from_raw(width, height, pixels).map(DynamicImage::from)
            }
            _ => return Err(unsupported("samples of this type")),
        };
        pixels.map(Pixels::Image).ok_or_else(|| damaged("the decoder returned another number of samples"))
    }

    fn gray(&self, value: u8) -> u8 {
        if self.white_is_zero { 255 - value } else { value }
    }

    /// Returns the samples of rows that start at whole bytes.
    fn unpacked<'b>(&self, raw: &'b [u8], width: u32) -> impl Iterator<Item = u8> + use<'b> {
        let bits = self.bits.min(8) as usize;
        let row = (width as usize * bits).div_ceil(8);
        raw.chunks_exact(row).flat_map(move |row| {
            (0..width as usize).map(move |x| {
                let at = x * bits;
                (row[at / 8] << (at % 8)) >> (8 - bits)
            })
        })
    }

    /// Returns the 256 colours of the palette, 16 bits scaled to 8. Missing colours are black.
    fn palette(&self) -> Result<Vec<[u8; 3]>, DecodeError> {
        let map = self.directory.numbers(tag::COLOR_MAP);
        let count = 1usize << self.bits;
        if map.len() != 3 * count {
            return Err(damaged("its palette has a wrong size"));
        }
        // Some programs store 8 bits in the field for 16.
        let divisor = if map.iter().any(|value| *value > 255) { 257 } else { 1 };
        let sample = |value: u32| ((value + divisor / 2) / divisor).min(255) as u8;
        let mut palette = vec![[0; 3]; 256];
        for (at, color) in palette[..count].iter_mut().enumerate() {
            *color = [map[at], map[count + at], map[2 * count + at]].map(sample);
        }
        Ok(palette)
    }

    /// Returns gray and alpha of pixels with several samples.
    fn with_alpha<T: Copy + From<u8> + Into<u32> + TryFrom<u32>>(
        &self,
        raw: &[T],
        gray: impl Fn(T) -> T,
        opaque: u32,
    ) -> Vec<T> {
        let Some(Samples::GrayWith { alpha, premultiplied }) = self.samples else { return Vec::new() };
        let full = T::try_from(opaque).unwrap_or_else(|_| T::from(u8::MAX));
        raw.chunks_exact(self.count as usize)
            .flat_map(|pixel| {
                let mut pixel = [gray(pixel[0]), if alpha { pixel[1] } else { full }];
                if premultiplied {
                    divide(&mut pixel, opaque);
                }
                pixel
            })
            .collect()
    }
}

/// Returns whether the decoder of a compression reads bits in their stored order, whatever the tag says (JPEG).
fn reads_either_order(compression: u32) -> bool {
    matches!(compression, 6 | 7)
}
