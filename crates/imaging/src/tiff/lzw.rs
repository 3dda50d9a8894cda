//! Tiles with LZW compression.
//!
//! The crate `tiff` 0.11.3 reads a tile row by row, and refuses some complete tiles as truncated: `weezl` 0.1.12 reports no progress
//! for a row whose codes it has read before. This module replaces the tiles by their plain samples.

use weezl::BitOrder;
use weezl::decode::Decoder;

use super::directory::{Directory, tag};
use super::reason::damaged;
use crate::{DecodeError, Format};

/// Replaces the tiles in `copy`, a copy of the file of `directory`. `tile` is the number of bytes of a plain tile.
///
/// # Errors
/// Returns an error when a tile is not complete, or when its codes are not valid.
pub(super) fn unpack_tiles(copy: &mut Vec<u8>, directory: &Directory, tile: usize) -> Result<(), DecodeError> {
    let truncated = || DecodeError::Truncated { format: Format::Tiff };
    let ranges = directory.chunks();
    if ranges.len() != directory.numbers(tag::TILE_OFFSETS).len() {
        return Err(truncated());
    }
    let mut offsets = Vec::with_capacity(ranges.len());
    for range in &ranges {
        let at = copy.len();
        copy.resize(at + tile, 0);
        let (packed, plain) = copy.split_at_mut(at);
        unpack(&packed[range.clone()], plain)?;
        offsets.push(u32::try_from(at).map_err(|_| damaged("its data are larger than they say"))?);
    }
    directory.replace(copy, tag::COMPRESSION, 1);
    directory.replace_all(copy, tag::TILE_OFFSETS, &offsets);
    directory.replace_all(copy, tag::TILE_BYTE_COUNTS, &vec![tile as u32; offsets.len()]);
    Ok(())
}

/// Fills `plain` with the samples of the codes in `packed`.
fn unpack(mut packed: &[u8], mut plain: &mut [u8]) -> Result<(), DecodeError> {
    let mut decoder = Decoder::with_tiff_size_switch(BitOrder::Msb, 8);
    while !plain.is_empty() {
        let step = decoder.decode_bytes(packed, plain);
        step.status.map_err(|error| damaged(&error.to_string()))?;
        if step.consumed_in == 0 && step.consumed_out == 0 {
            return Err(DecodeError::Truncated { format: Format::Tiff });
        }
        packed = &packed[step.consumed_in..];
        plain = &mut plain[step.consumed_out..];
    }
    Ok(())
}
