//! Buffers that a thread keeps between calls.

use std::cell::RefCell;

use super::aligned::AlignedBuffer;
use crate::simd::Lanes;

/// Number of values from which on a buffer counts as large: one mebibyte. Large buffers are kept apart, so that small requests do not
/// take them.
const LARGE: usize = 1 << 18;
/// Maximum number of buffers of each size class that a thread keeps. At most this number is in use at once: tiles, products, filters
/// and their gradient.
const KEPT_AT_MOST: usize = 4;

thread_local! {
    static KEPT: RefCell<[Vec<Vec<f32>>; 2]> = const { RefCell::new([const { Vec::new() }; 2]) };
}

/// A buffer that starts at a cache line. It comes from the pool of the calling thread and goes back to the pool of the thread that
/// drops it.
#[derive(Debug)]
pub struct PooledBuffer {
    buffer: AlignedBuffer,
    len: usize,
}

impl PooledBuffer {
    /// Returns a buffer of `len` [`Lanes`] with unspecified contents.
    pub fn new(len: usize) -> Self {
        let need = AlignedBuffer::allocation(len);
        let values = KEPT.with_borrow_mut(|kept| {
            let kept = &mut kept[usize::from(need >= LARGE)];
            // Takes the smallest buffer that is large enough. If there is none and the pool is full, takes the largest buffer, which
            // then grows.
            let fits = (0..kept.len()).filter(|&at| kept[at].len() >= need).min_by_key(|&at| kept[at].len());
            let at = fits
                .or_else(|| (0..kept.len()).max_by_key(|&at| kept[at].len()).filter(|_| kept.len() == KEPT_AT_MOST));
            at.map(|at| kept.swap_remove(at)).unwrap_or_default()
        });
        let mut buffer = AlignedBuffer::from_values(values);
        buffer.reserve(len);
        Self { buffer, len }
    }

    /// Returns the contents.
    pub fn lanes(&self) -> &[Lanes] {
        self.buffer.lanes(self.len)
    }

    /// Returns the contents for writing.
    pub fn lanes_mut(&mut self) -> &mut [Lanes] {
        self.buffer.lanes_mut(self.len)
    }
}

impl Drop for PooledBuffer {
    fn drop(&mut self) {
        let values = std::mem::take(&mut self.buffer).into_values();
        // A thread that ends may have dropped its pool already. The buffer is then freed.
        let _ = KEPT.try_with(|kept| {
            let kept = &mut kept.borrow_mut()[usize::from(values.len() >= LARGE)];
            kept.push(values);
            if kept.len() > KEPT_AT_MOST {
                kept.sort_unstable_by_key(Vec::len);
                kept.remove(0);
            }
        });
    }
}
