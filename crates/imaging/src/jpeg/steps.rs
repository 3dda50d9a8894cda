//! Several Huffman codes at once.

/// The number of bits that [`Steps`] look at. The steps of two tables fit into the first-level cache.
const AHEAD: u32 = 12;

/// Several coefficients of a sequential block.
#[derive(Clone, Copy)]
pub(super) struct Step {
    /// The number of bits of the codes and of the values behind them, at most 27.
    pub bits: u8,
    /// The number of coefficients, including zeros. [`Step::END`] is added when the last code ends the block.
    pub advance: u8,
}

impl Step {
    /// More than the coefficients of a block and of a step together.
    pub const END: usize = 128;
    /// The step for bits that do not start with a complete code. No block is so long.
    const NONE: Self = Self { bits: 0, advance: u8::MAX };
    /// The most coefficients of one code: 15 zeros and a value.
    const LONGEST: u8 = 16;
}

/// For each possible start of [`AHEAD`] bits, the codes of an AC table that lie completely in them. The value of the last code can lie
/// behind them.
pub(super) struct Steps(Box<[Step; 1 << AHEAD]>);

impl Steps {
    /// Returns the steps of an AC table (T.81, F.2.2.2). `code` returns the symbol of the code at the start of left-aligned bits, and the
    /// length of the code.
    pub fn new(code: impl Fn(u64) -> Option<(u8, u32)>) -> Self {
        let mut steps = Box::new([Step::NONE; 1 << AHEAD]);
        for (start, step) in (0_u64..).zip(steps.iter_mut()) {
            let (mut bits, mut advance) = (0, 0);
            // The limit keeps `advance` below 64 without an end. So an index below 64 plus `advance` is below Step::END.
            while bits < AHEAD && advance < 64 - Step::LONGEST {
                let next = start << (64 - AHEAD) << bits;
                let Some((symbol, length)) = code(next).filter(|(_, length)| bits + length <= AHEAD) else { break };
                let (run, size) = (symbol >> 4, symbol & 15);
                let is_end = size == 0 && run < 15;
                bits += length + u32::from(size);
                advance += if is_end { Step::END as u8 } else { run + 1 };
                *step = Step { bits: bits as u8, advance };
            }
        }
        Self(steps)
    }

    /// Returns the step at the start of `bits`, which are left-aligned.
    #[inline]
    pub fn step(&self, bits: u64) -> Step {
        self.0[(bits >> (64 - AHEAD)) as usize]
    }
}
