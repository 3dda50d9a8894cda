//! Memory shared by the threads that decode.

use std::sync::{Condvar, Mutex, PoisonError};

/// So many bytes, lent to whoever decodes, so that the sum over all threads stays within them.
///
/// A thread must hold one loan at a time, and must not wait for another thread while it does.
#[derive(Debug)]
pub(crate) struct Budget {
    total: u64,
    free: Mutex<u64>,
    returned: Condvar,
}

impl Budget {
    pub(crate) fn new(total: u64) -> Self {
        Self { total, free: Mutex::new(total), returned: Condvar::new() }
    }

    /// Waits until `bytes` are free, or everything is when `bytes` are more than there will be, and
    /// takes them until the loan is dropped.
    pub(crate) fn borrow(&self, bytes: u64) -> Loan<'_> {
        let bytes = bytes.min(self.total);
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.returned.wait_while(free, |free| *free < bytes).unwrap_or_else(PoisonError::into_inner);
        *free -= bytes;
        Loan { budget: self, bytes }
    }
}

/// Bytes of a [`Budget`], given back when dropped.
#[derive(Debug)]
pub(crate) struct Loan<'a> {
    budget: &'a Budget,
    bytes: u64,
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        *self.budget.free.lock().unwrap_or_else(PoisonError::into_inner) += self.bytes;
        self.budget.returned.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn no_more_is_lent_than_there_is_and_nobody_waits_forever() {
        let budget = Budget::new(100);
        let (lent, most) = (AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for thread in 0..4u64 {
                let (budget, lent, most) = (&budget, &lent, &most);
                scope.spawn(move || {
                    for bytes in [30, 70, 1000, 5, 55] {
                        let loan = budget.borrow(bytes + thread);
                        let now = lent.fetch_add(loan.bytes, Ordering::SeqCst) + loan.bytes;
                        most.fetch_max(now, Ordering::SeqCst);
                        std::thread::yield_now();
                        lent.fetch_sub(loan.bytes, Ordering::SeqCst);
                        drop(loan);
                    }
                });
            }
        });
        assert!(most.load(Ordering::SeqCst) <= 100);
        assert_eq!(budget.borrow(100).bytes, 100);
    }
}
