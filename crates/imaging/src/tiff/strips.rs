//! Presents a TIFF file to its decoder so that no strip or tile continues in the bytes behind it.
//!
//! The crate `tiff` 0.11.3 reads strips without compression and with Deflate compression past their end. It would take the bytes of
//! something else for the missing pixels.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Read, Seek, SeekFrom};

use super::directory::Directory;

/// A TIFF file. A reader that seeks the start of a strip or tile reads no further than its end.
pub(crate) struct Strips<'a> {
    bytes: Cow<'a, [u8]>,
    /// The ends of the strips or tiles by their starts, in bytes from the start of the file.
    ends: BTreeMap<usize, usize>,
    position: usize,
    /// The offset at which the reader sees the end of the file.
    end: usize,
}

impl<'a> Strips<'a> {
    /// Creates the reader for the file `bytes`.
    pub fn new(bytes: Cow<'a, [u8]>) -> Self {
        let ends = Directory::read(&bytes).map(|directory| directory.ends()).unwrap_or_default();
        let end = bytes.len();
        Self { bytes, ends, position: 0, end }
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.position..self.end).unwrap_or_default()
    }
}

impl Read for Strips<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.rest().read(buffer)?;
        self.position += count;
        Ok(count)
    }
}

impl BufRead for Strips<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(self.rest())
    }

    fn consume(&mut self, amount: usize) {
        self.position += amount;
    }
}

impl Seek for Strips<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let length = self.bytes.len() as u64;
        let position = match to {
            SeekFrom::Start(offset) => Some(offset),
            // This asks for the position. The reader stays in its strip.
            SeekFrom::Current(0) => return Ok(self.position as u64),
            SeekFrom::Current(offset) => (self.position as u64).checked_add_signed(offset),
            SeekFrom::End(offset) => length.checked_add_signed(offset),
        };
        let position = position.ok_or(io::ErrorKind::InvalidInput)?;
        self.position = usize::try_from(position).map_err(|_| io::ErrorKind::InvalidInput)?;
        self.end = self.ends.get(&self.position).copied().unwrap_or(self.bytes.len());
        Ok(position)
    }
}
