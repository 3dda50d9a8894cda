//! The bits of an entropy-coded segment (ITU-T T.81, B.1.1.5 and F.1.2.3).

use memchr::memchr;

use super::huffman::Table;

/// The bits up to the next marker.
///
/// The type is `Copy`, so that a loop can have the bits in registers: it takes a copy and stores it back at the end.
#[derive(Clone, Copy)]
pub(super) struct Bits<'a> {
    data: &'a [u8],
    /// The offset of the next byte that is not in `buffer`.
    at: usize,
    /// The next bits, left-aligned.
    buffer: u64,
    /// The number of bits in `buffer`.
    count: u32,
    /// The number of bits in `buffer` behind the end of the data. They are zero.
    padding: u32,
}

impl<'a> Bits<'a> {
    /// Reads `data` up to the first marker. A zero byte follows each 0xff byte that is not part of a marker.
    pub fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, buffer: 0, count: 0, padding: 0 }
    }

    /// Makes at least 32 bits available.
    #[inline]
    fn refill(&mut self) {
        const ONES: u64 = 0x0101_0101_0101_0101;
        if let Some(next) = self.data.get(self.at..).and_then(|rest| rest.first_chunk::<8>()) {
            let word = u64::from_be_bytes(*next);
            let inverse = !word;
            // No byte of `word` is 0xff when no byte of its inverse is zero.
            if inverse.wrapping_sub(ONES) & word & (ONES << 7) == 0 {
                // Bits behind the last whole byte are written again by the next call, with the same values.
                self.buffer |= word >> self.count;
                let bytes = (63 - self.count) / 8;
                self.at += bytes as usize;
                self.count += 8 * bytes;
                return;
            }
        }
        *self = self.refill_bytes();
    }

    /// Refills byte by byte. The function gets a copy, because a reference would put the bits of its caller into memory.
    #[cold]
    #[inline(never)]
    fn refill_bytes(mut self) -> Self {
        while self.count <= 56 {
            let byte = match self.data.get(self.at..) {
                Some([0xff, 0x00, ..]) => {
                    self.at += 2;
                    0xff
                }
                // A marker.
                None | Some([] | [0xff, ..]) => {
                    self.padding += 8;
                    0
                }
                Some([byte, ..]) => {
                    self.at += 1;
                    *byte
                }
            };
            self.buffer |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
        self
    }

    /// Returns the next bits, left-aligned, at least 32 of them.
    #[inline]
    pub fn peek(&mut self) -> u64 {
        if self.count < 32 {
            self.refill();
        }
        self.buffer
    }

    /// Skips bits that [`Bits::peek`] has returned.
    #[inline]
    pub fn consume(&mut self, bits: u32) {
        self.buffer <<= bits;
        self.count -= bits;
    }

    /// Skips up to 16 bits.
    #[inline]
    pub fn skip(&mut self, bits: u32) {
        self.peek();
        self.consume(bits);
    }

    /// Returns the next `bits` bits, 0 to 16 of them.
    #[inline]
    pub fn take(&mut self, bits: u32) -> u32 {
        let value = self.peek().checked_shr(64 - bits).unwrap_or(0) as u32;
        self.consume(bits);
        value
    }

    /// Returns the next symbol, or `None` for bits that are no code. At least 16 bits remain available.
    #[inline]
    pub fn symbol(&mut self, table: &Table) -> Option<u8> {
        let (symbol, length) = table.code(self.peek())?;
        self.consume(length);
        Some(symbol)
    }

    /// Returns whether more bits have been read than the data have.
    #[inline]
    pub fn exhausted(&self) -> bool {
        self.padding > self.count
    }

    /// Returns the number of whole bytes before the next marker that have not been read, and the data behind that marker if it is a
    /// restart marker.
    pub fn end(&self) -> (usize, Option<&'a [u8]>) {
        let (tail, next) = split_at_restart(self.data.get(self.at..).unwrap_or_default());
        (tail.len() + (self.count.saturating_sub(self.padding) / 8) as usize, next)
    }
}

/// Splits `data` before the first marker. Returns the data before it, and the data after it if it is a restart marker.
fn split_at_restart(data: &[u8]) -> (&[u8], Option<&[u8]>) {
    let mut at = 0;
    while let Some(found) = memchr(0xff, &data[at..]) {
        let start = at + found;
        if data.get(start + 1) == Some(&0x00) {
            at = start + 2;
            continue;
        }
        // Fill bytes may precede a marker.
        let code = start + data[start..].iter().take_while(|byte| **byte == 0xff).count();
        let is_restart = matches!(data.get(code), Some(0xd0..=0xd7));
        return (&data[..start], is_restart.then(|| &data[code + 1..]));
    }
    (data, None)
}
