//! The waits between tries.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::settings::Backoff;

/// Returns the wait that a value of `Retry-After` asks for at the time `now`: seconds or a date (RFC 9110, 10.2.3).
///
/// A date in the past gives a wait of zero. A number above 64 bits gives the largest 64-bit number of seconds. Any other text gives `None`.
pub fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    // A date has between 24 and 33 characters, so the parser receives at most 64.
    let date = httpdate::parse_http_date(value.get(..value.len().min(64))?).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// A source of random waits.
#[derive(Debug)]
pub(crate) struct Jitter {
    backoff: Backoff,
    rng: Mutex<ChaCha8Rng>,
}

impl Jitter {
    /// Creates a source that differs in each process. Two processes that were refused together must not send their retries together.
    pub fn new(backoff: Backoff) -> Self {
        let seed = RandomState::new().build_hasher().finish();
        Self { backoff, rng: Mutex::new(ChaCha8Rng::seed_from_u64(seed)) }
    }

    /// Returns the wait before retry `n`, counted from 0: uniform between 0 and `first * 2^n`, at most `longest`.
    pub fn wait(&self, n: u32) -> Duration {
        let longest = self.backoff.first.saturating_mul(2_u32.saturating_pow(n)).min(self.backoff.longest);
        let share: f64 = self.rng.lock().unwrap_or_else(PoisonError::into_inner).random();
        longest.mul_f64(share)
    }
}
