//! Walks over the blocks of a progressive scan without computing samples (ITU-T T.81, annex G).

use std::ops::Range;

use super::bits::Bits;
use super::coefficients::Coefficients;
use super::huffman::{Table, Tables};
use super::reason::{invalid_code, no_table, truncated};
use super::scan::Scan;
use super::sequential::dc;
use super::survey::Frame;
use crate::DecodeError;

/// Reads the MCUs `range` of a scan from the start of `data`. Returns the bits behind them.
pub(super) fn read<'a>(
    data: &'a [u8],
    range: Range<usize>,
    scan: &Scan,
    frame: &Frame,
    tables: &Tables,
    components: &mut [Coefficients],
) -> Result<Bits<'a>, DecodeError> {
    let mut walk = Walk { bits: Bits::new(data), run: 0, tables, scan };
    for at in range {
        for &(component, dc, ac) in &scan.parts {
            for _ in 0..scan.blocks(frame.components[component]) {
                walk.block(dc, ac, components[component].nonzero.get_mut(at))?;
            }
        }
        if walk.bits.exhausted() {
            return Err(truncated());
        }
    }
    Ok(walk.bits)
}

/// The walk over the blocks of one restart interval.
struct Walk<'a, 'b> {
    bits: Bits<'a>,
    /// The number of further blocks without new coefficients.
    run: u32,
    tables: &'b Tables,
    scan: &'b Scan,
}

impl Walk<'_, '_> {
    fn block(&mut self, dc_at: usize, ac: usize, nonzero: Option<&mut u64>) -> Result<(), DecodeError> {
        let [first, last] = self.scan.band;
        if first == 0 {
            if self.scan.high > 0 {
                self.bits.skip(1);
                return Ok(());
            }
            return dc(&mut self.bits, self.tables[0][dc_at].as_ref().ok_or_else(no_table)?);
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
