//! Large lists of zeros, in large pages where the system has them.

use std::fmt;
use std::io;
use std::ops::{Deref, DerefMut};

use memmap2::MmapMut;

/// A list of values that are 0 at first. The system provides a page of memory when it is first written to. The moments of
/// `AlexNet`'s dense layers are 100,000 pages of usual size, and a first step would wait for all of them.
pub(crate) struct Zeros {
    /// At least one byte long, because an empty map is not possible.
    map: MmapMut,
    values: usize,
}

impl Zeros {
    pub(crate) fn new(values: usize) -> io::Result<Self> {
        let map = MmapMut::map_anon((values * size_of::<f32>()).max(1))?;
        // A system without large pages returns an error, and usual pages are slower but correct.
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::HugePage);
        Ok(Self { map, values })
    }
}

impl Deref for Zeros {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        bytemuck::cast_slice(&self.map[..self.values * size_of::<f32>()])
    }
}

impl DerefMut for Zeros {
    fn deref_mut(&mut self) -> &mut [f32] {
        bytemuck::cast_slice_mut(&mut self.map[..self.values * size_of::<f32>()])
    }
}

impl fmt::Debug for Zeros {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.debug_struct("Zeros").field("values", &self.values).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_zero_until_they_are_written() {
        assert!(Zeros::new(0).unwrap().is_empty());
        let mut values = Zeros::new(1_000_003).unwrap();
        assert_eq!(values.len(), 1_000_003);
        assert!(values.iter().all(|value| value.to_bits() == 0));
        values[1_000_002] = 1.5;
        assert_eq!(values.iter().sum::<f32>().to_bits(), 1.5_f32.to_bits());
    }
}
