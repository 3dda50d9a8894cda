//! Checks that the entropy-coded data of a JPEG file are complete.
//!
//! The check reads every Huffman code and counts the blocks, but computes no samples. It finds files that were cut and got an end
//! marker afterwards, files with an overwritten part, and progressive files that lack a scan.

use memchr::memchr;

use super::huffman::{Bits, Steps, Table, standard};
use super::reason::damaged;
use super::survey::{EOI, Frame, SOS, next_marker, segment, skip_entropy_coded};
use crate::{DecodeError, Format};

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
    /// The Huffman tables: DC and AC, four of each.
    tables: [[Option<Table>; 4]; 2],
    /// The restart interval in MCUs, or 0.
    interval: usize,
    frame: Option<(Frame, Vec<Coefficients>)>,
    /// The number of scans so far.
    scans: usize,
}

/// The coefficients of a component that the scans so far contain.
struct Coefficients {
    /// The number of low bits that are still missing, by coefficient. `None` before the first scan.
    missing: [Option<u8>; 64],
    /// For progressive files: which coefficients of each block are not zero. Bit `k` stands for coefficient `k` in zigzag order.
    nonzero: Vec<u64>,
    /// The number of blocks in a row and in a column that contain pixels.
    blocks: [usize; 2],
}

/// The parameters of a scan header.
struct Scan<'a> {
    /// The indices of the components in the frame, with their DC and AC tables.
    parts: Vec<(usize, usize, usize)>,
    /// The first and last coefficient.
    band: [usize; 2],
    /// The bit position of the previous scan of the band, or 0.
    high: u8,
    /// The bit position of this scan.
    low: u8,
    data: &'a [u8],
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
            let table = Table::new(counts, symbols).ok_or_else(invalid)?;
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
        let scan = Scan::read(header, data, frame).ok_or_else(|| damaged(&"a scan header is invalid"))?;
        for (component, ..) in &scan.parts {
            components[*component].missing[scan.band[0]..=scan.band[1]].fill(Some(scan.low));
        }
        let [widest, tallest] = frame.largest_factors().map(usize::from);
        let (across, down) = match scan.parts[..] {
            [(only, ..)] => (components[only].blocks[0], components[only].blocks[1]),
            _ => (usize::from(frame.width).div_ceil(8 * widest), usize::from(frame.height).div_ceil(8 * tallest)),
        };
        let steps = |table: &Option<Table>| table.as_ref().map(Steps::new);
        let used = |at: usize| scan.parts.iter().any(|(.., ac)| *ac == at);
        let steps: [Option<Steps>; 4] =
            std::array::from_fn(|at| if !frame.progressive && used(at) { steps(&self.tables[1][at]) } else { None });
        let mut left = across * down;
        let mut done = 0;
        let mut rest = scan.data;
        loop {
            let (part, next) = split_at_restart(rest);
            let count = if self.interval == 0 { left } else { left.min(self.interval) };
            let mut walk = Walk { bits: Bits::new(part), run: 0, tables: &self.tables, steps: &steps, scan: &scan };
            for at in done..done + count {
                walk.mcu(frame, components, at)?;
                if walk.bits.exhausted() {
                    return Err(truncated());
                }
            }
            done += count;
            left -= count;
            let bytes = walk.bits.left();
            if bytes > PADDING {
                return Err(damaged(&format!("{bytes} bytes follow the last block of a scan")));
            }
            match next {
                Some(next) if left > 0 => rest = next,
                Some(next) if next.len() > PADDING => {
                    return Err(damaged(&format!("{} bytes follow the last block of a scan", next.len())));
                }
                None if left > 0 => return Err(truncated()),
                _ => return Ok(()),
            }
        }
    }
}

impl Coefficients {
    fn new(frame: &Frame, at: usize) -> Self {
        let [widest, tallest] = frame.largest_factors().map(usize::from);
        let component = frame.components[at];
        let blocks = [
            (usize::from(frame.width) * usize::from(component.h)).div_ceil(widest).div_ceil(8),
            (usize::from(frame.height) * usize::from(component.v)).div_ceil(tallest).div_ceil(8),
        ];
        let count = if frame.progressive { blocks[0] * blocks[1] } else { 0 };
        Self { missing: [None; 64], nonzero: vec![0; count], blocks }
    }
}

impl<'a> Scan<'a> {
    fn read(header: &[u8], data: &'a [u8], frame: &Frame) -> Option<Self> {
        let (count, rest) = header.split_first()?;
        let (chosen, rest) = rest.split_at_checked(usize::from(*count) * 2)?;
        let mut parts = Vec::new();
        for part in chosen.chunks_exact(2) {
            let component = frame.components.iter().position(|component| component.id == part[0])?;
            let (dc, ac) = (usize::from(part[1] >> 4), usize::from(part[1] & 15));
            if dc > 3 || ac > 3 {
                return None;
            }
            parts.push((component, dc, ac));
        }
        let [first, last, bits, ..] = rest else { return None };
        let (band, high, low) = if frame.progressive {
            ([usize::from(*first), usize::from(*last)], bits >> 4, bits & 15)
        } else {
            // Some encoders write other values, which have no meaning here.
            ([0, 63], 0, 0)
        };
        let valid = !parts.is_empty() && band[0] <= band[1] && band[1] < 64 && low < 14;
        let alone = band[0] == 0 || parts.len() == 1;
        (valid && alone).then_some(Self { parts, band, high, low, data })
    }
}

/// The walk over the blocks of one restart interval.
struct Walk<'a> {
    bits: Bits<'a>,
    /// The number of further blocks without new coefficients.
    run: u32,
    tables: &'a [[Option<Table>; 4]; 2],
    /// The steps of the AC tables, for sequential frames.
    steps: &'a [Option<Steps>; 4],
    scan: &'a Scan<'a>,
}

impl Walk<'_> {
    /// Reads the MCU with the index `at`.
    fn mcu(&mut self, frame: &Frame, components: &mut [Coefficients], at: usize) -> Result<(), DecodeError> {
        let interleaved = self.scan.parts.len() > 1;
        for &(component, dc, ac) in &self.scan.parts {
            let factors = frame.components[component];
            let blocks = if interleaved { usize::from(factors.h) * usize::from(factors.v) } else { 1 };
            for _ in 0..blocks {
                if frame.progressive {
                    self.progressive_block(dc, ac, components[component].nonzero.get_mut(at))?;
                } else {
                    self.dc(dc)?;
                    self.band(ac)?;
                }
            }
        }
        Ok(())
    }

    fn dc(&mut self, at: usize) -> Result<(), DecodeError> {
        let table = self.tables[0][at].as_ref().ok_or_else(no_table)?;
        let size = self.bits.symbol(table).filter(|size| *size <= 16).ok_or_else(invalid_code)?;
        self.bits.skip(u32::from(size));
        Ok(())
    }

    /// Reads the coefficients 1 to 63 of a block of a sequential frame.
    #[inline]
    fn band(&mut self, at: usize) -> Result<(), DecodeError> {
        let table = self.tables[1][at].as_ref().ok_or_else(no_table)?;
        let steps = self.steps[at].as_ref().ok_or_else(no_table)?;
        let mut k = 1;
        while k < 64 {
            let step = self.bits.step(steps);
            let after = k + usize::from(step.advance);
            // The block can end between two codes of a step. Then the second one belongs to the next block.
            if step.bits > 0 && after + usize::from(step.is_end) <= 64 {
                self.bits.skip(u32::from(step.bits));
                if step.is_end {
                    return Ok(());
                }
                k = after;
                continue;
            }
            let symbol = self.bits.symbol(table).ok_or_else(invalid_code)?;
            let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 {
                if run < 15 {
                    return Ok(());
                }
                k += 16;
                continue;
            }
            k += run + 1;
            self.bits.skip(size);
        }
        if k > 64 { Err(invalid_code()) } else { Ok(()) }
    }

    fn progressive_block(&mut self, dc: usize, ac: usize, nonzero: Option<&mut u64>) -> Result<(), DecodeError> {
        let [first, last] = self.scan.band;
        if first == 0 {
            if self.scan.high > 0 {
                self.bits.skip(1);
                return Ok(());
            }
            return self.dc(dc);
        }
        let table = self.tables[1][ac].as_ref().ok_or_else(no_table)?;
        let nonzero = nonzero.ok_or_else(invalid_code)?;
        if self.scan.high == 0 {
            self.first_scan(table, first, last, nonzero)
        } else {
            self.refine(table, first, last, nonzero)
        }
    }

    /// Reads a block of the first scan of a band (T.81, G.1.2.2).
    fn first_scan(&mut self, table: &Table, first: usize, last: usize, nonzero: &mut u64) -> Result<(), DecodeError> {
        if self.run > 0 {
            self.run -= 1;
            return Ok(());
        }
        let mut k = first;
        while k <= last {
            let symbol = self.bits.symbol(table).ok_or_else(invalid_code)?;
            let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 {
                if run < 15 {
                    self.run = (1 << run) + self.bits.take(run as u32) - 1;
                    return Ok(());
                }
                k += 16;
                continue;
            }
            k += run;
            if k > last {
                return Err(invalid_code());
            }
            *nonzero |= 1 << k;
            self.bits.skip(size);
            k += 1;
        }
        Ok(())
    }

    /// Reads a block of a refinement scan of a band (T.81, G.1.2.3). Coefficients that are not zero have a correction bit each.
    fn refine(&mut self, table: &Table, first: usize, last: usize, nonzero: &mut u64) -> Result<(), DecodeError> {
        let before = *nonzero;
        let mut k = first;
        if self.run == 0 {
            while k <= last {
                let symbol = self.bits.symbol(table).ok_or_else(invalid_code)?;
                let (mut run, size) = (u32::from(symbol >> 4), symbol & 15);
                match size {
                    0 if run < 15 => {
                        self.run = (1 << run) + self.bits.take(run);
                        break;
                    }
                    0 => {}
                    1 => self.bits.skip(1),
                    _ => return Err(invalid_code()),
                }
                // Skip `run` zeros and the correction bits of the coefficients between them.
                while k <= last {
                    if before >> k & 1 == 1 {
                        self.bits.skip(1);
                    } else if run == 0 {
                        break;
                    } else {
                        run -= 1;
                    }
                    k += 1;
                }
                if size == 1 {
                    if k > last {
                        return Err(invalid_code());
                    }
                    *nonzero |= 1 << k;
                }
                k += 1;
            }
        }
        if self.run > 0 {
            for k in k..=last {
                if before >> k & 1 == 1 {
                    self.bits.skip(1);
                }
            }
            self.run -= 1;
        }
        Ok(())
    }
}

/// Splits `data` before the first restart marker. Returns the data before it, and the data after it if there is a marker.
fn split_at_restart(data: &[u8]) -> (&[u8], Option<&[u8]>) {
    let mut at = 0;
    while let Some(found) = memchr(0xff, &data[at..]) {
        let start = at + found;
        match data.get(start + 1) {
            Some(0xd0..=0xd7) => return (&data[..start], Some(&data[start + 2..])),
            Some(0x00) => at = start + 2,
            // Fill bytes may precede a marker.
            Some(_) => {
                let code = start + data[start..].iter().take_while(|byte| **byte == 0xff).count();
                return match data.get(code) {
                    Some(0xd0..=0xd7) => (&data[..start], Some(&data[code + 1..])),
                    _ => (&data[..start], None),
                };
            }
            None => return (&data[..start], None),
        }
    }
    (data, None)
}

fn truncated() -> DecodeError {
    DecodeError::Truncated { format: Format::Jpeg }
}

fn invalid_code() -> DecodeError {
    damaged(&"its data contain an invalid Huffman code")
}

fn no_table() -> DecodeError {
    damaged(&"a Huffman table is missing")
}
