//! The header of a scan (ITU-T T.81, B.2.3).

use super::survey::{Component, Frame};

/// The parameters of a scan header.
pub(super) struct Scan {
    /// The indices of the components in the frame, with their DC and AC tables.
    pub parts: Vec<(usize, usize, usize)>,
    /// The first and last coefficient.
    pub band: [usize; 2],
    /// The bit position of the previous scan of the band, or 0.
    pub high: u8,
    /// The bit position of this scan.
    pub low: u8,
}

impl Scan {
    /// Reads the segment of a scan header. The result is `None` when it does not fit the frame.
    pub fn read(header: &[u8], frame: &Frame) -> Option<Self> {
        let (count, rest) = header.split_first()?;
        let (chosen, rest) = rest.split_at_checked(usize::from(*count) * 2)?;
        let mut parts = Vec::new();
        for part in chosen.chunks_exact(2) {
            let component = frame.components.iter().position(|component| component.id == part[0])?;
            let (dc, ac) = (usize::from(part[1] >> 4), usize::from(part[1] & 15));
            if dc > 3 || ac > 3 {
                return None;
            }
            parts.push((component, dc, ac));
        }
        let [first, last, bits, ..] = rest else { return None };
        let (band, high, low) = if frame.progressive {
            ([usize::from(*first), usize::from(*last)], bits >> 4, bits & 15)
        } else {
            // Some encoders write other values, which have no meaning here.
            ([0, 63], 0, 0)
        };
        let valid = !parts.is_empty() && band[0] <= band[1] && band[1] < 64 && low < 14;
        let alone = band[0] == 0 || parts.len() == 1;
        (valid && alone).then_some(Self { parts, band, high, low })
    }

    /// Returns the number of blocks of a component in an MCU.
    pub fn blocks(&self, component: Component) -> usize {
        if self.parts.len() > 1 { usize::from(component.h) * usize::from(component.v) } else { 1 }
    }
}
