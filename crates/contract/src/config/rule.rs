//! Rules that a JSON schema cannot express.

use pipeline::config::Violation;

/// Returns an error for `key` unless the rule holds.
pub(super) fn rule(holds: bool, key: &str, rule: &str) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation::new(key, rule)) }
}
