//! A limit on the memory that all decoding threads use together.

use std::sync::{Condvar, Mutex, PoisonError};

/// A number of bytes that the decoding threads share.
///
/// A thread may hold one loan at a time. It must not wait for another thread while it holds a loan.
#[derive(Debug)]
pub(crate) struct Budget {
    total: u64,
    free: Mutex<u64>,
    returned: Condvar,
}

impl Budget {
    /// Creates a budget of `total` bytes.
    pub(crate) fn new(total: u64) -> Self {
        Self { total, free: Mutex::new(total), returned: Condvar::new() }
    }

    /// Waits until `bytes` are free and takes them until the loan is dropped.
    ///
    /// A request for more than the total takes the total.
    pub(crate) fn borrow(&self, bytes: u64) -> Loan<'_> {
        let bytes = bytes.min(self.total);
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.returned.wait_while(free, |free| *free < bytes).unwrap_or_else(PoisonError::into_inner);
        *free -= bytes;
        Loan { budget: self, bytes }
    }
}

/// Bytes of a [`Budget`]. Dropping the loan returns them.
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
    fn the_loans_stay_within_the_budget_and_no_thread_waits_forever() {
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
