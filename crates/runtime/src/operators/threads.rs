//! The threads of a session for crate `kernels`, and the prefetch that needs `unsafe`.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicBool, Ordering};

use ort::operator::ComputeContext;

/// The threads of the session that an operator runs in.
pub(super) struct SessionThreads<'c> {
    context: &'c ComputeContext,
    rejected: AtomicBool,
}

// SAFETY: the context is only used for `par_for`, which passes work to the session's pool of threads. Runs of all sessions
// share the pool at the same time, so it accepts work from any thread.
unsafe impl Sync for SessionThreads<'_> {}

impl<'c> SessionThreads<'c> {
    pub(super) fn of(context: &'c ComputeContext) -> Self {
        Self { context, rejected: AtomicBool::new(false) }
    }

    /// Returns an error when the pool rejected some work. That work was not done.
    pub(super) fn accept(&self) -> ort::Result<()> {
        if self.rejected.load(Ordering::Relaxed) {
            return Err(ort::Error::new("the session's threads rejected some work"));
        }
        Ok(())
    }
}

impl kernels::Threads for SessionThreads<'_> {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        if count > 0 && self.context.par_for(count, count, work).is_err() {
            self.rejected.store(true, Ordering::Relaxed);
        }
    }

    #[cfg(target_arch = "x86_64")]
    fn prefetch(&self, memory: &[f32]) {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        for line in memory.chunks(kernels::LANES) {
            // SAFETY: a prefetch reads and changes nothing, whatever the address. This address is that of a slice.
            unsafe { _mm_prefetch::<_MM_HINT_T1>(line.as_ptr().cast()) };
        }
    }
}
