//! Memory that starts at a cache line.

use crate::simd::{LANES, Lanes};

/// A growable buffer that starts at a cache line: a register that is loaded from it touches one line, not two.
#[derive(Debug, Default)]
pub(crate) struct AlignedBuffer {
    values: Vec<f32>,
}

impl AlignedBuffer {
    /// Returns the number of values that must be allocated for `len` [`Lanes`].
    pub(crate) fn allocation(len: usize) -> usize {
        (len + 1) * LANES
    }

    /// Wraps `values` as they are.
    pub(crate) fn from_values(values: Vec<f32>) -> Self {
        Self { values }
    }

    /// Returns the allocated values.
    pub(crate) fn into_values(self) -> Vec<f32> {
        self.values
    }

    /// Makes the buffer large enough for `len` [`Lanes`]. The contents are unspecified afterwards.
    pub(crate) fn reserve(&mut self, len: usize) {
        let need = Self::allocation(len);
        if self.values.len() < need {
            self.values = vec![0.0; need];
        }
    }

    /// Returns the index of the first value that lies at the start of a cache line.
    fn start(&self) -> usize {
        self.values.as_ptr().align_offset(size_of::<Lanes>()).min(LANES)
    }

    /// Returns the first `len` [`Lanes`].
    pub(crate) fn lanes(&self, len: usize) -> &[Lanes] {
        self.values[self.start()..][..len * LANES].as_chunks().0
    }

    /// Returns the first `len` [`Lanes`] for writing.
    pub(crate) fn lanes_mut(&mut self, len: usize) -> &mut [Lanes] {
        let start = self.start();
        self.values[start..][..len * LANES].as_chunks_mut().0
    }

    /// Returns `len` [`Lanes`] with unspecified contents, and grows the buffer if necessary.
    pub(crate) fn take(&mut self, len: usize) -> &mut [Lanes] {
        self.reserve(len);
        self.lanes_mut(len)
    }
}
