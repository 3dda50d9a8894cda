//! Threads for one piece of work.

use std::sync::atomic::{AtomicUsize, Ordering};

use kernels::Threads;

/// A number of threads that are started for each piece of work.
pub(super) struct ScopedThreads(pub(super) usize);

impl Threads for ScopedThreads {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        let next = AtomicUsize::new(0);
        let run = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= count {
                    return;
                }
                work(at);
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.0.min(count) {
                scope.spawn(run);
            }
            run();
        });
    }
}
