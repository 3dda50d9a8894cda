//! Work in pieces, and who does it.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Runs pieces of work, perhaps at once.
pub trait Threads: Sync {
    /// Runs `work(i)` exactly once for each `i` in `0..count`, and returns when all have.
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync));

    /// Asks the processor to have `memory`, which is read soon, in its second-level cache by then, and does not wait. Does nothing
    /// unless it is overridden: asking takes `unsafe`, which this crate has none of.
    fn fetch(&self, memory: &[f32]) {
        let _ = memory;
    }
}

/// The calling thread alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct OneThread;

impl Threads for OneThread {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        for at in 0..count {
            work(at);
        }
    }
}

/// Parts of something mutable, each for one piece of work: the locks are never waited for.
pub(crate) struct Shares<T>(Vec<Mutex<T>>);

impl<T> Shares<T> {
    pub(crate) fn new(parts: impl Iterator<Item = T>) -> Self {
        Self(parts.map(Mutex::new).collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Part `at`, for as long as `work` runs.
    pub(crate) fn with<R>(&self, at: usize, work: impl FnOnce(&mut T) -> R) -> R {
        work(&mut self.hold(at))
    }

    /// Part `at`, until it is let go.
    pub(crate) fn hold(&self, at: usize) -> MutexGuard<'_, T> {
        self.0[at].lock().unwrap_or_else(PoisonError::into_inner)
    }
}
