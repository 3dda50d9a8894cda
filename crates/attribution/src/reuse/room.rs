//! Memory of one thread, kept from layer to layer and from picture to picture: fresh memory costs as much as a transform.

use kernels::{LANES, Lanes};

/// What one thread works in.
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// Rows of products.
    pub(super) rows: Aligned,
    /// What the products give.
    pub(super) sums: Aligned,
    spare: Vec<Vec<f32>>,
}

impl Room {
    /// Room for `count` values; what they are is left open.
    pub(super) fn take(&mut self, count: usize) -> Vec<f32> {
        let fits = (0..self.spare.len()).filter(|at| self.spare[*at].len() >= count);
        let best = fits.min_by_key(|at| self.spare[*at].len());
        let best = best.or_else(|| (0..self.spare.len()).max_by_key(|at| self.spare[*at].len()));
        let mut values = best.map(|at| self.spare.swap_remove(at)).unwrap_or_default();
        if values.len() < count {
            values = vec![0.0; count];
        }
        values
    }

    /// Gives back what [`Room::take`] gave.
    pub(crate) fn put(&mut self, values: Vec<f32>) {
        self.spare.push(values);
    }
}

/// Values that begin where a cache line does.
#[derive(Debug, Default)]
pub(super) struct Aligned(Vec<f32>);

impl Aligned {
    /// `count` times [`LANES`] values; what they are is left open.
    pub(super) fn lanes(&mut self, count: usize) -> &mut [Lanes] {
        let need = (count + 1) * LANES;
        if self.0.len() < need {
            self.0 = vec![0.0; need];
        }
        let start = self.0.as_ptr().align_offset(size_of::<Lanes>()).min(LANES);
        self.0[start..][..count * LANES].as_chunks_mut().0
    }
}
