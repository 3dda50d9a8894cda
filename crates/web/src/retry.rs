//! When to try again.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::settings::Backoff;

/// The wait that a value of `Retry-After` asks for at the time `now`: seconds or a date (RFC 9110, 10.2.3). A date that
/// is past asks for none; more seconds than fit into 64 bits are as many as do.
pub fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    // The shortest date has 24 characters and the longest 33; the parser need not see more.
    let date = httpdate::parse_http_date(value.get(..value.len().min(64))?).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// Draws the waits between tries.
#[derive(Debug)]
pub(crate) struct Jitter {
    backoff: Backoff,
    rng: Mutex<ChaCha8Rng>,
}

impl Jitter {
    /// Waits that differ from process to process: two that were turned away at once shall not come back at once.
    pub fn new(backoff: Backoff) -> Self {
        let seed = RandomState::new().build_hasher().finish();
        Self { backoff, rng: Mutex::new(ChaCha8Rng::seed_from_u64(seed)) }
    }

    /// The wait before retry `n`, from 0: even from nothing to `first * 2^n`, at most `longest`.
    pub fn wait(&self, n: u32) -> Duration {
        let longest = self.backoff.first.saturating_mul(2_u32.saturating_pow(n)).min(self.backoff.longest);
        let share: f64 = self.rng.lock().unwrap_or_else(PoisonError::into_inner).random();
        longest.mul_f64(share)
    }
}
