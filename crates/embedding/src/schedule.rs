//! The number of iterations, and how many of them exaggerate attraction.

/// The most iterations with exaggerated attraction.
const MOST_EXAGGERATED: usize = 250;

/// The iterations of a descent. Both engines use the same schedule.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schedule {
    /// The number of all iterations.
    pub iterations: usize,
    /// The number of first iterations whose attraction is exaggerated, so that clusters form before they settle.
    pub exaggerated: usize,
}

impl Schedule {
    /// Returns the schedule of `iterations` iterations: the first quarter, at most 250, is exaggerated.
    pub fn new(iterations: usize) -> Self {
        Self { iterations, exaggerated: (iterations / 4).min(MOST_EXAGGERATED) }
    }
}
