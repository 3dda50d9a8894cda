//! The budget of a run and what is used of it.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::failure::{Failure, Reason};
use crate::settings::Budget;

/// The use of a run so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Requests sent, with retries, redirects and `robots.txt`.
    pub requests: u64,
    /// Bytes of answers, counted as [`crate::Budget::bytes`] says.
    pub bytes: u64,
}

/// The budget of a run with its counters.
#[derive(Debug)]
pub(crate) struct BudgetCounter {
    budget: Budget,
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl BudgetCounter {
    pub fn new(budget: Budget) -> Self {
        Self { budget, requests: AtomicU64::new(0), bytes: AtomicU64::new(0) }
    }

    /// Takes one request from the budget.
    ///
    /// # Errors
    /// Returns [`Failure::Exhausted`] when the requests or the bytes are used up.
    pub fn take_request(&self) -> Result<(), Failure> {
        self.check()?;
        let more = |used: u64| (used < self.budget.requests).then_some(used + 1);
        match self.requests.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more) {
            Ok(_) => Ok(()),
            Err(_) => Err(Failure::Exhausted(Reason::BudgetRequests)),
        }
    }

    /// Takes `count` bytes from the budget. Returns whether the budget still holds.
    pub fn take_bytes(&self, count: u64) -> bool {
        self.bytes.fetch_add(count, Ordering::Relaxed).saturating_add(count) <= self.budget.bytes
    }

    /// Returns [`Failure::Exhausted`] when the bytes are used up.
    fn check(&self) -> Result<(), Failure> {
        if self.bytes.load(Ordering::Relaxed) >= self.budget.bytes {
            return Err(Failure::Exhausted(Reason::BudgetBytes));
        }
        Ok(())
    }

    pub fn spent(&self) -> Spent {
        Spent { requests: self.requests.load(Ordering::Relaxed), bytes: self.bytes.load(Ordering::Relaxed) }
    }
}
