//! Work in pieces, and the threads that run it.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Runs pieces of work, possibly in parallel.
pub trait Threads: Sync {
    /// Runs `work(i)` exactly once for each `i` in `0..count`, in any order, and returns when all pieces are done.
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync));

    /// Asks the processor to load `memory` into its second-level cache, and does not wait. The default does nothing, because the
    /// instruction takes `unsafe` code, which this crate forbids.
    fn prefetch(&self, memory: &[f32]) {
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

/// The parts of an output. One piece of work fills each part. A part has a lock that only this piece takes, so no thread waits for it.
pub(crate) struct Shares<T>(Vec<Mutex<T>>);

impl<T> Shares<T> {
    pub(crate) fn new(parts: impl Iterator<Item = T>) -> Self {
        Self(parts.map(Mutex::new).collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Calls `work` with part `at`.
    pub(crate) fn with<R>(&self, at: usize, work: impl FnOnce(&mut T) -> R) -> R {
        work(&mut self.hold(at))
    }

    /// Returns part `at`, locked until the guard is dropped.
    pub(crate) fn hold(&self, at: usize) -> MutexGuard<'_, T> {
        self.0[at].lock().unwrap_or_else(PoisonError::into_inner)
    }
}
