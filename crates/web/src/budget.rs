//! What the whole run may use, counted by every handle and every connection.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::failure::{Failure, Reason};
use crate::settings::Budget;

/// What a run has used so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Requests sent, with retries, redirects and `robots.txt`.
    pub requests: u64,
    /// Bytes read from the network.
    pub bytes: u64,
}

/// The budget and what is used of it.
#[derive(Debug)]
pub(crate) struct Purse {
    budget: Budget,
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl Purse {
    pub fn new(budget: Budget) -> Self {
        Self { budget, requests: AtomicU64::new(0), bytes: AtomicU64::new(0) }
    }

    /// Takes one request out, or says what is used up.
    pub fn request(&self) -> Result<(), Failure> {
        self.check()?;
        let more = |used: u64| (used < self.budget.requests).then_some(used + 1);
        match self.requests.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more) {
            Ok(_) => Ok(()),
            Err(_) => Err(Failure::Exhausted(Reason::BudgetRequests)),
        }
    }

    /// Takes `count` bytes out; gives whether the budget still stands.
    pub fn bytes(&self, count: u64) -> bool {
        self.bytes.fetch_add(count, Ordering::Relaxed).saturating_add(count) <= self.budget.bytes
    }

    /// Fails when the bytes are used up.
    pub fn check(&self) -> Result<(), Failure> {
        if self.bytes.load(Ordering::Relaxed) >= self.budget.bytes {
            return Err(Failure::Exhausted(Reason::BudgetBytes));
        }
        Ok(())
    }

    pub fn spent(&self) -> Spent {
        Spent { requests: self.requests.load(Ordering::Relaxed), bytes: self.bytes.load(Ordering::Relaxed) }
    }
}
