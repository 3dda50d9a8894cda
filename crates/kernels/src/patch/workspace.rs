//! The workspace of one thread.

use crate::memory::AlignedBuffer;

/// Memory that one thread reuses from layer to layer and from image to image. New memory costs as much time as a transform.
#[derive(Debug, Default)]
pub struct Workspace {
    /// The left operands of products.
    pub(super) rows: AlignedBuffer,
    /// The products.
    pub(super) sums: AlignedBuffer,
    spare: Vec<Vec<f32>>,
}

impl Workspace {
    /// Returns at least `count` values with unspecified contents.
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

    /// Takes back the memory of values from [`Workspace::take`].
    pub(super) fn give_back(&mut self, values: Vec<f32>) {
        self.spare.push(values);
    }
}
