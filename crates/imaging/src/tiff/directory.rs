//! Reads the first directory of a TIFF file (TIFF 6.0, section 2).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The tags that this crate reads.
pub(super) mod tag {
    pub const BITS_PER_SAMPLE: u16 = 258;
    pub const COMPRESSION: u16 = 259;
    pub const PHOTOMETRIC: u16 = 262;
    pub const FILL_ORDER: u16 = 266;
    pub const STRIP_OFFSETS: u16 = 273;
    pub const ORIENTATION: u16 = 274;
    pub const SAMPLES_PER_PIXEL: u16 = 277;
    pub const STRIP_BYTE_COUNTS: u16 = 279;
    pub const PLANAR_CONFIGURATION: u16 = 284;
    pub const PREDICTOR: u16 = 317;
    pub const COLOR_MAP: u16 = 320;
    pub const TILE_WIDTH: u16 = 322;
    pub const TILE_LENGTH: u16 = 323;
    pub const TILE_OFFSETS: u16 = 324;
    pub const TILE_BYTE_COUNTS: u16 = 325;
    pub const EXTRA_SAMPLES: u16 = 338;
    pub const SAMPLE_FORMAT: u16 = 339;
    pub const JPEG_TABLES: u16 = 347;
    pub const YCBCR_COEFFICIENTS: u16 = 529;
    pub const YCBCR_SUBSAMPLING: u16 = 530;
    pub const REFERENCE_BLACK_WHITE: u16 = 532;
    pub const ICC_PROFILE: u16 = 34675;
}

/// The first directory of a TIFF file.
#[derive(Clone, Debug)]
pub(super) struct Directory<'a> {
    bytes: &'a [u8],
    big_endian: bool,
    entries: Vec<DirectoryEntry>,
}

#[derive(Clone, Copy, Debug)]
struct DirectoryEntry {
    tag: u16,
    /// The type of the values: 1 byte, 3 short, 4 long, 5 rational, 7 undefined.
    kind: u16,
    count: u32,
    /// The offset of the entry in the file.
    at: usize,
}

impl<'a> Directory<'a> {
    /// Reads the first directory of `bytes`, or returns `None` when the file does not contain it completely.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let big_endian = bytes.starts_with(b"MM");
        let mut directory = Self { bytes, big_endian, entries: Vec::new() };
        let start = directory.long(4)? as usize;
        let count = usize::from(directory.short(start)?);
        for index in 0..count {
            let at = start.checked_add(2 + index * 12)?;
            let entry = DirectoryEntry {
                tag: directory.short(at)?,
                kind: directory.short(at + 2)?,
                count: directory.long(at + 4)?,
                at,
            };
            bytes.get(at..at + 12)?;
            directory.entries.push(entry);
        }
        Some(directory)
    }

    fn short(&self, at: usize) -> Option<u16> {
        let field = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.big_endian { u16::from_be_bytes(field) } else { u16::from_le_bytes(field) })
    }

    fn long(&self, at: usize) -> Option<u32> {
        let field = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.big_endian { u32::from_be_bytes(field) } else { u32::from_le_bytes(field) })
    }

    fn entry(&self, tag: u16) -> Option<DirectoryEntry> {
        self.entries.iter().find(|entry| entry.tag == tag).copied()
    }

    /// Returns the values of a tag as they lie in the file.
    pub fn data(&self, tag: u16) -> Option<&'a [u8]> {
        let entry = self.entry(tag)?;
        let size = match entry.kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 => 4,
            5 | 10 | 12 => 8,
            _ => return None,
        };
        let length = size * entry.count as usize;
        let at = if length <= 4 { entry.at + 8 } else { self.long(entry.at + 8)? as usize };
        self.bytes.get(at..at.checked_add(length)?)
    }

    /// Returns the values of a tag with bytes, shorts or longs. A missing tag and a tag with another type have none.
    pub fn numbers(&self, tag: u16) -> Vec<u32> {
        let (Some(entry), Some(data)) = (self.entry(tag), self.data(tag)) else { return Vec::new() };
        let field = |bytes: &[u8]| {
            let append = |value: u32, byte: &u8| value << 8 | u32::from(*byte);
            if self.big_endian { bytes.iter().fold(0, append) } else { bytes.iter().rev().fold(0, append) }
        };
        match entry.kind {
            1 => data.iter().map(|byte| u32::from(*byte)).collect(),
            3 => data.chunks_exact(2).map(field).collect(),
            4 => data.chunks_exact(4).map(field).collect(),
            _ => Vec::new(),
        }
    }

    /// Returns the values of a tag with rational numbers.
    pub fn rationals(&self, tag: u16) -> Vec<f64> {
        let (Some(DirectoryEntry { kind: 5, .. }), Some(data)) = (self.entry(tag), self.data(tag)) else {
            return Vec::new();
        };
        let start = data.as_ptr() as usize - self.bytes.as_ptr() as usize;
        let pairs = (0..data.len() / 8).map(|at| (self.long(start + at * 8), self.long(start + at * 8 + 4)));
        pairs.filter_map(|(above, below)| Some(f64::from(above?) / f64::from(below?))).collect()
    }

    /// Returns the first value of a tag.
    pub fn number(&self, tag: u16) -> Option<u32> {
        self.numbers(tag).first().copied()
    }

    /// Returns the number of strips or tiles, including those outside of the file.
    pub fn chunk_count(&self) -> usize {
        [tag::STRIP_OFFSETS, tag::TILE_OFFSETS]
            .map(|tag| self.numbers(tag).len())
            .into_iter()
            .find(|n| *n > 0)
            .unwrap_or(0)
    }

    /// Returns the ranges of the strips or tiles in the file. Ranges outside of the file are left out.
    pub fn chunks(&self) -> Vec<Range<usize>> {
        let numbers =
            |strips, tiles| Some(self.numbers(strips)).filter(|n| !n.is_empty()).unwrap_or_else(|| self.numbers(tiles));
        let offsets = numbers(tag::STRIP_OFFSETS, tag::TILE_OFFSETS);
        let counts = numbers(tag::STRIP_BYTE_COUNTS, tag::TILE_BYTE_COUNTS);
        let ranges = offsets.iter().zip(&counts).map(|(at, count)| *at as usize..*at as usize + *count as usize);
        ranges.filter(|range| range.end <= self.bytes.len()).collect()
    }

    /// Returns the ends of the strips or tiles by their starts.
    ///
    /// Some programs store wrong lengths of strips without compression. Such a strip ends where something else starts.
    pub fn ends(&self) -> BTreeMap<usize, usize> {
        let ranges = self.chunks();
        if self.number(tag::COMPRESSION).is_some_and(|compression| compression != 1) {
            return ranges.into_iter().map(|range| (range.start, range.end)).collect();
        }
        let mut starts: BTreeSet<usize> = ranges.iter().map(|range| range.start).collect();
        starts.extend(self.long(4).map(|start| start as usize));
        let end = |range: &Range<usize>| {
            let next = starts.range(range.start + 1..).next().copied().unwrap_or(self.bytes.len());
            range.end.max(next)
        };
        ranges.iter().map(|range| (range.start, end(range))).collect()
    }

    /// Replaces the value of a tag with one short or long in `copy`, a copy of the file. A missing tag stays missing.
    pub fn replace(&self, copy: &mut [u8], tag: u16, value: u16) {
        let Some(entry) = self.entry(tag).filter(|entry| entry.count == 1) else { return };
        let field = entry.at + 8;
        match entry.kind {
            3 => copy[field..field + 2].copy_from_slice(&self.short_bytes(value)),
            4 => copy[field..field + 4].copy_from_slice(&self.long_bytes(u32::from(value))),
            _ => {}
        }
    }

    /// Replaces the values of a tag by longs in `copy`, a copy of the file. They are appended. A missing tag stays missing.
    pub fn replace_all(&self, copy: &mut Vec<u8>, tag: u16, values: &[u32]) {
        let Some(entry) = self.entry(tag) else { return };
        let field = if let [value] = values {
            *value
        } else {
            // Values lie at an even offset.
            copy.resize(copy.len().next_multiple_of(2), 0);
            let at = copy.len() as u32;
            copy.extend(values.iter().flat_map(|value| self.long_bytes(*value)));
            at
        };
        copy[entry.at + 2..entry.at + 4].copy_from_slice(&self.short_bytes(4));
        copy[entry.at + 4..entry.at + 8].copy_from_slice(&self.long_bytes(values.len() as u32));
        copy[entry.at + 8..entry.at + 12].copy_from_slice(&self.long_bytes(field));
    }

    fn short_bytes(&self, value: u16) -> [u8; 2] {
        if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn long_bytes(&self, value: u32) -> [u8; 4] {
        if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }
}
