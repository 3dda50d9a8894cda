//! Walks over the blocks of a sequential scan without computing samples (ITU-T T.81, annex F).

use super::bits::Bits;
use super::huffman::{Table, Tables};
use super::reason::{invalid_code, no_table, truncated};
use super::scan::Scan;
use super::steps::{Step, Steps};
use super::survey::Frame;
use crate::DecodeError;

/// A component of a scan.
struct Part<'a> {
    /// The number of its blocks in an MCU.
    blocks: usize,
    dc: &'a Table,
    ac: &'a Table,
    steps: &'a Steps,
}

/// Reads `count` MCUs of a scan from the start of `data`. Returns the bits behind them.
pub(super) fn read<'a>(
    data: &'a [u8],
    count: usize,
    scan: &Scan,
    frame: &Frame,
    tables: &Tables,
) -> Result<Bits<'a>, DecodeError> {
    let part = |&(component, dc, ac): &(usize, usize, usize)| {
        let ac = tables[1][ac].as_ref()?;
        let blocks = scan.blocks(frame.components[component]);
        Some(Part { blocks, dc: tables[0][dc].as_ref()?, ac, steps: ac.steps() })
    };
    let parts = scan.parts.iter().map(part).collect::<Option<Vec<_>>>().ok_or_else(no_table)?;
    let mut bits = Bits::new(data);
    for _ in 0..count {
        for part in &parts {
            for _ in 0..part.blocks {
                dc(&mut bits, part.dc)?;
                band(&mut bits, part.ac, part.steps)?;
            }
        }
        if bits.exhausted() {
            return Err(truncated());
        }
    }
    Ok(bits)
}

/// Reads the first coefficient of a block (T.81, F.2.2.1).
#[inline]
pub(super) fn dc(bits: &mut Bits, table: &Table) -> Result<(), DecodeError> {
    let size = bits.symbol(table).filter(|size| *size <= 16).ok_or_else(invalid_code)?;
    bits.consume(u32::from(size));
    Ok(())
}

/// Reads the coefficients 1 to 63 of a block of a sequential frame (T.81, F.2.2.2).
#[inline]
fn band(bits: &mut Bits, table: &Table, steps: &Steps) -> Result<(), DecodeError> {
    let mut k = 1;
    loop {
        let step = steps.step(bits.peek());
        let after = k + usize::from(step.advance);
        if after < 64 {
            bits.consume(u32::from(step.bits));
            k = after;
            continue;
        }
        if after == 64 || (Step::END..Step::END + 64).contains(&after) {
            bits.consume(u32::from(step.bits));
            return Ok(());
        }
        // The step has codes of the next block too, or the next code is longer than a step.
        let symbol = bits.symbol(table).ok_or_else(invalid_code)?;
        let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        if size == 0 && run < 15 {
            return Ok(());
        }
        bits.consume(size);
        k += run + 1;
        if k >= 64 {
            return if k == 64 { Ok(()) } else { Err(invalid_code()) };
        }
    }
}
