//! The limits of each host: which request may be sent, and when.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

use crate::failure::{Failure, Reason};
use crate::origin::{Named, Origin};
use crate::robots::Robots;
use crate::settings::PerHost;

/// A host, and whether it is exempt from checks. A host has separate limits and rules with and without the exemption, because a refusal
/// without the exemption must not count for an exempt request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub origin: Origin,
    pub exempt: bool,
}

/// Longer waits are cut to a day. No run waits that long, and longer waits could overflow the clock.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Permission to send one request. Dropping the value returns the permission.
pub(crate) struct Pass {
    _of_host: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

/// The result of reading a host's `robots.txt`.
#[derive(Debug)]
pub(crate) enum Verdict {
    Rules(Robots),
    /// The file cannot be read. Every request to the host fails with this failure.
    Closed(Failure),
}

/// The limits of one host.
#[derive(Debug)]
pub(crate) struct Gate {
    /// The permits for requests to the host that are under way at a time.
    permits: Arc<Semaphore>,
    /// The time from which the next request may be sent. The holder of the lock sends the next request.
    turn: tokio::sync::Mutex<Option<Instant>>,
    waits: Mutex<Waits>,
    longest_wait: Duration,
    pub verdict: OnceCell<Verdict>,
}

/// The waits that the host asks for.
#[derive(Debug)]
struct Waits {
    /// The least time between the beginnings of two requests.
    interval: Duration,
    /// The time until which the host receives no request.
    held: Option<Instant>,
}

impl Gate {
    fn new(limits: PerHost, longest_wait: Duration) -> Self {
        let rate = limits.requests_per_second;
        let interval =
            if rate > 0.0 { Duration::try_from_secs_f64(1.0 / rate).unwrap_or(Duration::MAX) } else { Duration::ZERO };
        Self {
            permits: Arc::new(Semaphore::new(limits.concurrency)),
            turn: tokio::sync::Mutex::new(None),
            waits: Mutex::new(Waits { interval, held: None }),
            longest_wait,
            verdict: OnceCell::new(),
        }
    }

    /// Waits for permission to send one request, in the order of the calls. The permit of `permits_of_all`, which all hosts share, is taken
    /// last, so requests that wait for a slow host do not delay requests to others.
    ///
    /// # Errors
    /// Returns an error when the host asks for a longer wait than allowed.
    pub async fn pass(&self, permits_of_all: &Arc<Semaphore>) -> Result<Pass, Failure> {
        self.patience()?;
        let of_host = acquire(&self.permits).await;
        let mut turn = self.turn.lock().await;
        loop {
            if let Some(from) = (*turn).max(self.patience()?) {
                sleep_until(from).await;
            }
            let of_all = acquire(permits_of_all).await;
            // The host may have requested a longer wait in the meantime.
            if (*turn).max(self.patience()?).is_none_or(|from| from <= Instant::now()) {
                *turn = Some(Instant::now() + self.waits().interval.min(DAY));
                return Ok(Pass { _of_host: of_host, _of_all: of_all });
            }
        }
    }

    /// Returns the time until which the host receives no request, or a failure when that is longer than allowed.
    fn patience(&self) -> Result<Option<Instant>, Failure> {
        let held = self.waits().held;
        if held.is_some_and(|held| held.saturating_duration_since(Instant::now()) > self.longest_wait) {
            return Err(Failure::Later(Reason::RetryAfter));
        }
        Ok(held)
    }

    /// Lets no request to the host begin for `wait` from now.
    pub fn hold(&self, wait: Duration) {
        let until = Instant::now() + wait.min(DAY);
        let mut waits = self.waits();
        waits.held = waits.held.max(Some(until));
    }

    /// Keeps the beginnings of requests at least `delay` apart.
    pub fn slow_down(&self, delay: Duration) {
        let mut waits = self.waits();
        waits.interval = waits.interval.max(delay);
    }

    fn waits(&self) -> MutexGuard<'_, Waits> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether the gate holds nothing but the rules, which can be read again.
    fn idle(&self) -> bool {
        let now = Instant::now();
        let rested = self.turn.try_lock().is_ok_and(|turn| turn.is_none_or(|from| from <= now));
        rested && self.waits().held.is_none_or(|held| held <= now)
    }
}

async fn acquire(semaphore: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    match Arc::clone(semaphore).acquire_owned().await {
        Ok(permit) => permit,
        Err(_) => unreachable!("the semaphores are never closed"),
    }
}

/// The gates of the hosts that the run has contacted and not forgotten.
#[derive(Debug)]
pub(crate) struct Hosts {
    limits: PerHost,
    named: Vec<(Named, PerHost)>,
    longest_wait: Duration,
    /// The gates by host, and the number of hosts above which idle ones are forgotten.
    gates: Mutex<(HashMap<Key, Arc<Gate>>, usize)>,
}

/// The number of hosts above which idle ones are forgotten.
const REMEMBERED: usize = 2048;

/// The bytes of rules above which large idle ones are forgotten.
const RULE_BYTES: usize = 32 << 20;

impl Hosts {
    pub fn new(limits: PerHost, named: Vec<(Named, PerHost)>, longest_wait: Duration) -> Self {
        Self { limits, named, longest_wait, gates: Mutex::new((HashMap::new(), REMEMBERED)) }
    }

    /// Returns the gate of a host.
    pub fn gate(&self, key: &Key) -> Arc<Gate> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, enough) = &mut *gates;
        if let Some(gate) = known.get(key) {
            return Arc::clone(gate);
        }
        if known.len() >= *enough {
            known.retain(|_, gate| Arc::strong_count(gate) > 1 || !gate.idle());
            *enough = REMEMBERED.max(known.len() * 2);
        }
        let named = self.named.iter().find(|(name, _)| name.is(&key.origin)).map(|(_, limits)| *limits);
        let gate = Arc::new(Gate::new(named.unwrap_or(self.limits), self.longest_wait));
        known.insert(key.clone(), Arc::clone(&gate));
        gate
    }

    /// Forgets hosts when their rules take too much memory. A hostile list can name many hosts with large files.
    pub fn trim(&self) {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        let weight = |gate: &Gate| match gate.verdict.get() {
            Some(Verdict::Rules(robots)) => robots.weight(),
            _ => 0,
        };
        if gates.0.values().map(|gate| weight(gate)).sum::<usize>() > RULE_BYTES {
            gates.0.retain(|_, gate| Arc::strong_count(gate) > 1 || weight(gate) < 4096 || !gate.idle());
        }
    }
}
