//! Checks that the codes of a run-length encoded bitmap reach its last line.
//!
//! The decoder fills lines without codes with black. Such images would harm the training.

/// A bitmap with run lengths.
struct Codes<'a> {
    data: &'a [u8],
    /// Bits per pixel: 4 or 8.
    bits: u16,
    /// The height in pixels.
    height: u32,
}

/// Returns whether the codes of a bitmap reach its last line. A bitmap without run lengths has no codes, so the result is `true`.
///
/// Codes may skip pixels and lines. The decoder checks everything behind the start of the last line.
pub(crate) fn reaches_last_line(bytes: &[u8]) -> bool {
    Codes::read(bytes).is_none_or(|codes| codes.reach_last_line() == Some(true))
}

impl<'a> Codes<'a> {
    /// Returns the codes of a bitmap, or `None` when it has no run lengths.
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let long = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        // The header of 12 bytes has no field for the compression.
        if long(14)? < 40 {
            return None;
        }
        let bits = match (long(28)? as u16, long(30)?) {
            (8, 1) => 8,
            (4, 2) => 4,
            _ => return None,
        };
        // The decoder refuses negative heights with run lengths.
        let height = i32::try_from(long(22)?).ok()?;
        let data = bytes.get(long(10)? as usize..).unwrap_or_default();
        Some(Self { data, bits, height: height.unsigned_abs() })
    }

    /// Returns whether the codes reach the last line. Returns `None` when the data end before the last line and without a code for the end.
    fn reach_last_line(&self) -> Option<bool> {
        let (mut line, mut at) = (0, 0);
        while line + 1 < self.height {
            let (first, second) = (*self.data.get(at)?, *self.data.get(at + 1)?);
            at += 2;
            match (first, second) {
                (0, 0) => line += 1,
                (0, 1) => return Some(false),
                (0, 2) => {
                    line += u32::from(*self.data.get(at + 1)?);
                    at += 2;
                }
                // Pixels that are not encoded. They fill an even number of bytes.
                (0, count) => at += (usize::from(count) * usize::from(self.bits)).div_ceil(8).next_multiple_of(2),
                _ => {}
            }
        }
        Some(true)
    }
}
