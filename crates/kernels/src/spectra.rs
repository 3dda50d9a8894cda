//! Memory for transformed tiles, kept between calls.

use std::cell::RefCell;

/// Channels that are worked on at once: what one 512-bit register holds.
pub const LANES: usize = 16;

/// One value of each of [`LANES`] channels.
pub type Lanes = [f32; LANES];

/// Memory of a mebibyte and more is kept apart from smaller pieces: those must not take it.
const LARGE: usize = 1 << 18;
/// Pieces of either kind that a thread keeps: tiles, products, filters and their gradient at most are in use at once.
const KEPT_AT_MOST: usize = 4;

thread_local! {
    static KEPT: RefCell<[Vec<Vec<f32>>; 2]> = const { RefCell::new([const { Vec::new() }; 2]) };
}

/// Memory of a thread's, aligned to a cache line: registers that are loaded from it come from one line, not from two. Given back
/// when dropped, for the next call.
#[derive(Debug)]
pub struct Scratch {
    values: Vec<f32>,
    start: usize,
    len: usize,
}

impl Scratch {
    /// `len` times [`LANES`] values; what they are is left open.
    pub fn new(len: usize) -> Self {
        let need = (len + 1) * LANES;
        let mut values = KEPT.with_borrow_mut(|kept| {
            let kept = &mut kept[usize::from(need >= LARGE)];
            // The smallest that is large enough, else the largest makes way for a larger one.
            let fits = (0..kept.len()).filter(|&at| kept[at].len() >= need).min_by_key(|&at| kept[at].len());
            let at = fits
                .or_else(|| (0..kept.len()).max_by_key(|&at| kept[at].len()).filter(|_| kept.len() == KEPT_AT_MOST));
            at.map(|at| kept.swap_remove(at)).unwrap_or_default()
        });
        if values.len() < need {
            values = vec![0.0; need];
        }
        let start = values.as_ptr().align_offset(LANES * size_of::<f32>()).min(LANES);
        Self { values, start, len }
    }

    /// The values.
    pub fn lanes(&self) -> &[Lanes] {
        self.values[self.start..][..self.len * LANES].as_chunks().0
    }

    /// The values, to be changed.
    pub fn lanes_mut(&mut self) -> &mut [Lanes] {
        self.values[self.start..][..self.len * LANES].as_chunks_mut().0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let values = std::mem::take(&mut self.values);
        // A thread that ends has nothing to keep memory for.
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
