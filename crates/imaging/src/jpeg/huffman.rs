//! Huffman tables and the bits of an entropy-coded segment (ITU-T T.81, annexes C and F).

/// The number of bits that the fast table looks at.
const FAST: u32 = 10;

/// A Huffman table for decoding.
#[derive(Clone)]
pub(super) struct Table {
    /// For each possible start of [`FAST`] bits: the symbol, and the length of its code, or 0 for a longer code.
    fast: Vec<[u8; 2]>,
    /// For each length from 1: the first code that is too large for it, left-aligned to 16 bits.
    limits: [u32; 16],
    /// For each length: the index of its first symbol minus its first code.
    offsets: [i32; 16],
    symbols: Vec<u8>,
}

/// The number of bits that [`Steps`] look at.
const AHEAD: u32 = 12;

/// Several coefficients of a sequential block at once.
#[derive(Clone, Copy, Default)]
pub(super) struct Step {
    /// The number of bits of the codes and the values behind them. 0 when not even one coefficient fits.
    pub bits: u8,
    /// The number of coefficients, including zeros.
    pub advance: u8,
    /// Whether the last code ends the block.
    pub is_end: bool,
}

/// For each possible start of [`AHEAD`] bits, the codes of an AC table that lie completely in them.
pub(super) struct Steps(Vec<Step>);

impl Steps {
    /// Returns the steps of an AC table (T.81, F.2.2.2).
    pub fn new(table: &Table) -> Self {
        let step = |start: u32| {
            let mut step = Step::default();
            let mut left = AHEAD;
            loop {
                // The bits that are left, with zeros behind them.
                let next = (start << (AHEAD - left)) & ((1 << AHEAD) - 1);
                let [symbol, length] = table.fast[(next >> (AHEAD - FAST)) as usize];
                let (run, size) = (symbol >> 4, symbol & 15);
                let bits = u32::from(length) + u32::from(size);
                if length == 0 || bits > left || step.advance > 63 {
                    return step;
                }
                left -= bits;
                step.bits += bits as u8;
                step.is_end = size == 0 && run < 15;
                if step.is_end {
                    return step;
                }
                step.advance += run + 1;
            }
        };
        Self((0..1 << AHEAD).map(step).collect())
    }
}

impl Table {
    /// Creates the table with `counts[i]` codes of `i + 1` bits for `symbols`.
    ///
    /// The result is `None` when there are more codes than bits allow, or fewer symbols than codes.
    pub fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut table =
            Self { fast: vec![[0, 0]; 1 << FAST], limits: [0; 16], offsets: [0; 16], symbols: symbols.to_vec() };
        let (mut code, mut index) = (0u32, 0usize);
        for (at, count) in counts.iter().enumerate() {
            let length = at as u32 + 1;
            table.offsets[at] = index as i32 - code as i32;
            for _ in 0..*count {
                let symbol = *symbols.get(index)?;
                if code >= 1 << length {
                    return None;
                }
                if length <= FAST {
                    let first = (code << (FAST - length)) as usize;
                    table.fast[first..first + (1 << (FAST - length))].fill([symbol, length as u8]);
                }
                code += 1;
                index += 1;
            }
            table.limits[at] = code << (16 - length);
            code <<= 1;
        }
        Some(table)
    }
}

/// The bits of an entropy-coded segment without restart markers.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    /// The next bits, left-aligned.
    buffer: u64,
    /// The number of bits in `buffer`.
    count: u32,
    /// The number of bits in `buffer` behind the end of the data. They are zero.
    padding: u32,
}

impl<'a> Bits<'a> {
    /// Reads `data`, in which a zero byte follows each 0xff byte.
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
        while self.count <= 56 {
            let byte = if let Some(&byte) = self.data.get(self.at) {
                self.at += if byte == 0xff { 2 } else { 1 };
                byte
            } else {
                self.padding += 8;
                0
            };
            self.buffer |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    #[inline]
    fn consume(&mut self, bits: u32) {
        self.buffer <<= bits;
        self.count -= bits;
    }

    /// Skips up to 16 bits.
    #[inline]
    pub fn skip(&mut self, bits: u32) {
        if self.count < 32 {
            self.refill();
        }
        self.consume(bits);
    }

    /// Returns the next `bits` bits, 0 to 16 of them.
    #[inline]
    pub fn take(&mut self, bits: u32) -> u32 {
        if bits == 0 {
            return 0;
        }
        if self.count < 32 {
            self.refill();
        }
        let value = (self.buffer >> (64 - bits)) as u32;
        self.consume(bits);
        value
    }

    /// Returns the next symbol, or `None` for bits that are no code.
    #[inline]
    pub fn symbol(&mut self, table: &Table) -> Option<u8> {
        if self.count < 32 {
            self.refill();
        }
        let [symbol, length] = table.fast[(self.buffer >> (64 - FAST)) as usize];
        if length > 0 {
            self.consume(u32::from(length));
            return Some(symbol);
        }
        let start = (self.buffer >> 48) as u32;
        let at = (FAST as usize..16).find(|at| start < table.limits[*at])?;
        let index = (start >> (15 - at)) as i32 + table.offsets[at];
        self.consume(at as u32 + 1);
        table.symbols.get(usize::try_from(index).ok()?).copied()
    }

    /// Returns the next step of a block. The caller gives its bits to [`Bits::skip`].
    #[inline]
    pub fn step(&mut self, steps: &Steps) -> Step {
        if self.count < 32 {
            self.refill();
        }
        steps.0[(self.buffer >> (64 - AHEAD)) as usize]
    }

    /// Returns whether more bits have been read than the data have.
    #[inline]
    pub fn exhausted(&self) -> bool {
        self.padding > self.count
    }

    /// Returns the number of whole bytes that have not been read.
    pub fn left(&self) -> usize {
        self.data.len().saturating_sub(self.at) + (self.count.saturating_sub(self.padding) / 8) as usize
    }
}

/// Returns the standard tables for data without tables (T.81, K.3), which motion JPEG omits: DC and AC for luma, DC and AC for chroma.
pub(super) fn standard() -> [[Option<Table>; 4]; 2] {
    let dc: Vec<u8> = (0..12).collect();
    let table = |counts: &[u8; 16], symbols: &[u8]| Table::new(counts, symbols);
    let luma = table(&[0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], &dc);
    let chroma = table(&[0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0], &dc);
    let luma_ac = table(&[0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d], &LUMA_AC);
    let chroma_ac = table(&[0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77], &CHROMA_AC);
    [[luma, chroma, None, None], [luma_ac, chroma_ac, None, None]]
}

/// Table K.5.
#[rustfmt::skip]
const LUMA_AC: [u8; 162] = [
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22, 0x71, 0x14, 0x32, 0x81,
    0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0, 0x24, 0x33, 0x62, 0x72, 0x82, 0x09, 0x0a, 0x16, 0x17, 0x18,
    0x19, 0x1a, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48,
    0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75,
    0x76, 0x77, 0x78, 0x79, 0x7a, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
    0x9a, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3,
    0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5,
    0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
];

/// Table K.6.
#[rustfmt::skip]
const CHROMA_AC: [u8; 162] = [
    0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71, 0x13, 0x22, 0x32, 0x81, 0x08,
    0x14, 0x42, 0x91, 0xa1, 0xb1, 0xc1, 0x09, 0x23, 0x33, 0x52, 0xf0, 0x15, 0x62, 0x72, 0xd1, 0x0a, 0x16, 0x24, 0x34, 0xe1, 0x25,
    0xf1, 0x17, 0x18, 0x19, 0x1a, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47,
    0x48, 0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74,
    0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97,
    0x98, 0x99, 0x9a, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba,
    0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe2, 0xe3, 0xe4,
    0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
];
