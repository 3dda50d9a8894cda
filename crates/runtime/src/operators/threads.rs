//! The threads of a session, for work that an operator has done elsewhere, and what else takes `unsafe` there.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicBool, Ordering};

use ort::operator::ComputeContext;

/// The threads of the session that an operator runs in.
pub(super) struct SessionThreads<'c> {
    context: &'c ComputeContext,
    refused: AtomicBool,
}

// SAFETY: of the context nothing is reached through this but `par_for`, which hands work to the session's pool of threads.
// The pool is shared by all sessions' runs at once, so it takes work from any thread.
unsafe impl Sync for SessionThreads<'_> {}

impl<'c> SessionThreads<'c> {
    pub(super) fn of(context: &'c ComputeContext) -> Self {
        Self { context, refused: AtomicBool::new(false) }
    }

    /// An error, where the runtime refused some work: it was not done then.
    pub(super) fn accept(&self) -> ort::Result<()> {
        if self.refused.load(Ordering::Relaxed) {
            return Err(ort::Error::new("the session's threads refused some work"));
        }
        Ok(())
    }
}

impl kernels::Threads for SessionThreads<'_> {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        if count > 0 && self.context.par_for(count, count, work).is_err() {
            self.refused.store(true, Ordering::Relaxed);
        }
    }

    #[cfg(target_arch = "x86_64")]
    fn prefetch(&self, memory: &[f32]) {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        for line in memory.chunks(kernels::LANES) {
            // SAFETY: it is a hint, which reads and changes nothing, whatever the address; this one is of a slice.
            unsafe { _mm_prefetch::<_MM_HINT_T1>(line.as_ptr().cast()) };
        }
    }
}
