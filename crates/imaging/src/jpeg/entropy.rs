//! Checks that the entropy-coded data of a JPEG file are complete.
//!
//! The check reads every Huffman code and counts the blocks, but computes no samples. It finds files that were cut and got an end
//! marker afterwards, files with an overwritten part, and progressive files that lack a scan.

use super::coefficients::Coefficients;
use super::huffman::{Table, Tables, standard};
use super::reason::{damaged, truncated};
use super::scan::Scan;
use super::survey::{EOI, Frame, SOS, next_marker, segment, skip_entropy_coded};
use super::{progressive, sequential};
use crate::DecodeError;

/// The number of bytes that may follow the last block of a scan. Some encoders pad their data.
const PADDING: usize = 16;
/// The most scans. Encoders write about ten. Scans of a few bytes could otherwise take minutes.
const MOST_SCANS: usize = 200;

/// Checks the entropy-coded data of all scans in `bytes`, which start with the start-of-image marker.
///
/// # Errors
/// Returns an error when a scan has too few blocks, an invalid code or many bytes behind its last block, and when the scans do not
/// give all coefficients of all components in full precision.
pub(crate) fn check(bytes: &[u8]) -> Result<(), DecodeError> {
    let mut checker = Checker::new();
    checker.read(bytes)?;
    checker.finish()
}

/// Checks a JPEG stream of a TIFF file, whose tables may be in the separate stream `tables`.
pub(crate) fn check_tables(tables: &[u8], bytes: &[u8]) -> Result<(), DecodeError> {
    let mut checker = Checker::new();
    checker.read(tables)?;
    checker.read(bytes)?;
    checker.finish()
}

/// The state between the markers of a file.
struct Checker {
    tables: Tables,
    /// The restart interval in MCUs, or 0.
    interval: usize,
    frame: Option<(Frame, Vec<Coefficients>)>,
    /// The number of scans so far.
    scans: usize,
}

impl Checker {
    fn new() -> Self {
        Self { tables: standard(), interval: 0, frame: None, scans: 0 }
    }

    fn read(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        let mut at = 2;
        while let Some((marker, after)) = next_marker(bytes, at) {
            at = after;
            match marker {
                EOI => return Ok(()),
                0xd0..=0xd8 | 0x01 => continue,
                _ => {}
            }
            let Some(segment) = segment(bytes, at) else { return Err(truncated()) };
            at += 2 + segment.len();
            match marker {
                0xc4 => self.read_tables(segment)?,
                0xdd => {
                    if let [high, low, ..] = segment {
                        self.interval = usize::from(u16::from_be_bytes([*high, *low]));
                    }
                }
                0xc0..=0xc2 if self.frame.is_none() => {
                    let frame = Frame::read(marker, segment).ok_or_else(|| damaged(&"its frame header is invalid"))?;
                    let coefficients = (0..frame.components.len()).map(|at| Coefficients::new(&frame, at)).collect();
                    self.frame = Some((frame, coefficients));
                }
                SOS => {
                    self.scans += 1;
                    if self.scans > MOST_SCANS {
                        return Err(damaged(&format!("it has more than {MOST_SCANS} scans")));
                    }
                    let end = skip_entropy_coded(bytes, at);
                    self.scan(segment, &bytes[at..end])?;
                    at = end;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn read_tables(&mut self, mut segment: &[u8]) -> Result<(), DecodeError> {
        while let [place, rest @ ..] = segment {
            let invalid = || damaged(&"a Huffman table is invalid");
            let (counts, rest) = rest.split_first_chunk::<16>().ok_or_else(invalid)?;
            let total: usize = counts.iter().map(|count| usize::from(*count)).sum();
            let symbols = rest.get(..total).ok_or_else(invalid)?;
            let table = Table::new(*counts, symbols).ok_or_else(invalid)?;
            let class = self.tables.get_mut(usize::from(place >> 4)).ok_or_else(invalid)?;
            *class.get_mut(usize::from(place & 15)).ok_or_else(invalid)? = Some(table);
            segment = &rest[total..];
        }
        Ok(())
    }

    /// Checks that every component has all of its coefficients.
    fn finish(self) -> Result<(), DecodeError> {
        let complete = self.frame.is_some_and(|(_, components)| {
            components.iter().all(|component| component.missing.iter().all(|missing| *missing == Some(0)))
        });
        if complete { Ok(()) } else { Err(truncated()) }
    }

    fn scan(&mut self, header: &[u8], data: &[u8]) -> Result<(), DecodeError> {
        let Some((frame, components)) = &mut self.frame else {
            return Err(damaged(&"a scan comes before the frame header"));
        };
        let scan = Scan::read(header, frame).ok_or_else(|| damaged(&"a scan header is invalid"))?;
        for (component, ..) in &scan.parts {
            components[*component].missing[scan.band[0]..=scan.band[1]].fill(Some(scan.low));
        }
        let [widest, tallest] = frame.largest_factors().map(usize::from);
        let (across, down) = match scan.parts[..] {
            [(only, ..)] => (components[only].blocks[0], components[only].blocks[1]),
            _ => (usize::from(frame.width).div_ceil(8 * widest), usize::from(frame.height).div_ceil(8 * tallest)),
        };
        let mut left = across * down;
        let mut done = 0;
        let mut rest = data;
        loop {
            let count = if self.interval == 0 { left } else { left.min(self.interval) };
            let bits = if frame.progressive {
                progressive::read(rest, done..done + count, &scan, frame, &self.tables, components)?
            } else {
                sequential::read(rest, count, &scan, frame, &self.tables)?
            };
            done += count;
            left -= count;
            let (bytes, next) = bits.end();
            if bytes > PADDING {
                return Err(bytes_follow(bytes));
            }
            match next {
                Some(next) if left > 0 => rest = next,
                Some(next) if next.len() > PADDING => return Err(bytes_follow(next.len())),
                None if left > 0 => return Err(truncated()),
                _ => return Ok(()),
            }
        }
    }
}

fn bytes_follow(bytes: usize) -> DecodeError {
    damaged(&format!("{bytes} bytes follow the last block of a scan"))
}
