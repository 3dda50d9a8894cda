//! Checks that the codes of a run-length encoded bitmap reach its last line and end there.
//!
//! The decoder fills lines without codes with black, and ignores codes behind the last line. Such images would harm the training.

/// A bitmap with run lengths.
struct Codes<'a> {
    data: &'a [u8],
    /// Bits per pixel: 4 or 8.
    bits: u16,
    /// The height in pixels.
    height: u32,
}

/// Returns whether the codes of a bitmap reach its last line, and no line follows it. A bitmap without run lengths has no codes, so the
/// result is `true`.
///
/// Codes may skip pixels and lines. The decoder checks the pixels of the last line.
pub(crate) fn is_whole(bytes: &[u8]) -> bool {
    Codes::read(bytes).is_none_or(|codes| codes.reach_last_line().is_some_and(|last| codes.end_in_line(last)))
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

    /// Returns the offset of the codes of the last line. Returns `None` when the codes or the data end before this line.
    fn reach_last_line(&self) -> Option<usize> {
        let (mut line, mut at) = (0, 0);
        while line + 1 < self.height {
            let code = self.code(at)?;
            match code {
                [0, 0] => line += 1,
                [0, 1] => return None,
                [0, 2] => line += u32::from(*self.data.get(at + 3)?),
                _ => {}
            }
            at += self.length(code);
        }
        Some(at)
    }

    /// Returns whether the codes from `at`, the start of the last line, end in this line.
    fn end_in_line(&self, mut at: usize) -> bool {
        while let Some(code) = self.code(at) {
            at += self.length(code);
            match code {
                // The end of the line. Only the end of the bitmap may follow.
                [0, 0] => return self.code(at).is_none_or(|next| next == [0, 1]),
                [0, 1] => return true,
                _ => {}
            }
        }
        true
    }

    fn code(&self, at: usize) -> Option<[u8; 2]> {
        self.data.get(at..at + 2)?.try_into().ok()
    }

    /// Returns the length of a code in bytes, with the values that belong to it.
    fn length(&self, code: [u8; 2]) -> usize {
        2 + match code {
            [0, 0 | 1] => 0,
            // The columns and lines to skip.
            [0, 2] => 2,
            // Pixels that are not encoded. They fill an even number of bytes.
            [0, count] => (usize::from(count) * usize::from(self.bits)).div_ceil(8).next_multiple_of(2),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a bitmap of 2 x 3 pixels with 8 bits and these codes.
    fn bitmap(codes: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 54];
        for (at, value) in [(10, 54_u32), (14, 40), (18, 2), (22, 3), (28, 8), (30, 1)] {
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        bytes.extend(codes);
        bytes
    }

    #[test]
    fn the_codes_end_in_the_last_line() {
        for codes in [
            &[2, 7, 0, 0, 2, 7, 0, 0, 2, 7, 0, 0, 0, 1][..],
            &[2, 7, 0, 0, 2, 7, 0, 0, 2, 7, 0, 1],
            &[2, 7, 0, 0, 2, 7, 0, 0, 2, 7, 0, 0],
            &[2, 7, 0, 0, 2, 7, 0, 0, 2, 7],
            // Three pixels that are not encoded, and a skip to the last line.
            &[0, 3, 7, 7, 7, 0, 0, 2, 0, 2, 2, 7, 0, 1],
        ] {
            assert!(is_whole(&bitmap(codes)), "{codes:?}");
        }
    }

    #[test]
    fn missing_and_additional_lines_are_noticed() {
        for codes in [
            &[2, 7, 0, 0, 2, 7, 0, 1][..],
            &[2, 7, 0, 0, 2, 7],
            &[2, 7, 0, 0, 2, 7, 0, 0, 2, 7, 0, 0, 2, 7, 0, 0, 0, 1],
            // Zeros in place of the codes of a line end further lines, so codes follow the last line.
            &[2, 7, 0, 0, 0, 0, 0, 0, 2, 7, 0, 0, 0, 1],
        ] {
            assert!(!is_whole(&bitmap(codes)), "{codes:?}");
        }
    }
}
