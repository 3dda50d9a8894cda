//! Waiting between the tries of a request.

use std::time::Duration;

use crate::client::Trouble;
use crate::settings::IndexSettings;

/// The longest wait between two tries, unless the server asks for a longer one.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The failures of a request so far.
pub(crate) struct Retry<'a> {
    settings: &'a IndexSettings,
    failures: u32,
}

impl<'a> Retry<'a> {
    pub fn new(settings: &'a IndexSettings) -> Self {
        Self { settings, failures: 0 }
    }

    /// Forgets the failures, because the request has made progress.
    pub fn progressed(&mut self) {
        self.failures = 0;
    }

    /// Returns the wait before the next try, and the reason. The wait doubles with each failure.
    ///
    /// # Errors
    /// Returns the trouble when it is final, and when the tries are used up.
    pub fn after(&mut self, trouble: Trouble) -> Result<(Duration, String), Trouble> {
        match trouble {
            Trouble::Temporary(why, wish) if self.failures < self.settings.retries => {
                let wait = self.settings.first_wait.saturating_mul(1 << self.failures.min(16)).min(LONGEST_WAIT);
                self.failures += 1;
                Ok((wish.unwrap_or(wait), why))
            }
            other => Err(other),
        }
    }
}
