//! Presents a PNG file to its decoder without the chunks that have no pixels.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

/// A chunk of a PNG file.
pub(crate) struct Chunk<'a> {
    /// The type of the chunk, such as `IDAT`.
    pub kind: [u8; 4],
    /// The data without length, type and checksum.
    pub data: &'a [u8],
    /// The offset of the chunk in the file.
    start: usize,
    /// The offset behind the chunk.
    end: usize,
}

/// Returns the chunks of a PNG file. A chunk that the file truncates is not among them.
pub(crate) fn chunks(bytes: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    let mut at = 8;
    std::iter::from_fn(move || {
        let header = bytes.get(at..at + 8)?;
        let length = u32::from_be_bytes(header[..4].try_into().ok()?) as usize;
        let kind = header[4..].try_into().ok()?;
        let (start, end) = (at, (at + 12).checked_add(length)?);
        let data = bytes.get(start + 8..end)?.get(..length)?;
        at = end;
        Some(Chunk { kind, data, start, end })
    })
}

/// A PNG file without its texts, EXIF data and colour profile. The decoder would copy or inflate them.
pub(crate) struct WithoutMetadata<'a> {
    /// The remaining parts, with their offsets in the file that the decoder sees.
    parts: Vec<(u64, &'a [u8])>,
    length: u64,
    position: u64,
}

impl<'a> WithoutMetadata<'a> {
    /// Creates the reader for the file `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        let mut reader = Self { parts: Vec::new(), length: 0, position: 0 };
        let mut from = 0;
        for chunk in
            chunks(bytes).filter(|chunk| matches!(&chunk.kind, b"iCCP" | b"zTXt" | b"iTXt" | b"tEXt" | b"eXIf"))
        {
            reader.add(&bytes[from..chunk.start]);
            from = chunk.end;
        }
        reader.add(&bytes[from..]);
        reader
    }

    fn add(&mut self, part: &'a [u8]) {
        if !part.is_empty() {
            self.parts.push((self.length, part));
            self.length += part.len() as u64;
        }
    }

    /// Returns the bytes from the position to the end of their part.
    fn rest(&self) -> &'a [u8] {
        let after = self.parts.partition_point(|(start, _)| *start <= self.position);
        let Some((start, part)) = after.checked_sub(1).map(|at| self.parts[at]) else { return &[] };
        part.get((self.position - start) as usize..).unwrap_or_default()
    }
}

impl Read for WithoutMetadata<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = self.rest();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl BufRead for WithoutMetadata<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(self.rest())
    }

    fn consume(&mut self, amount: usize) {
        self.position += amount as u64;
    }
}

impl Seek for WithoutMetadata<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}
