//! Talk for people, on stderr.

use std::io::Write;

/// Writes one line to stderr. Nobody listening (a closed pipe) is no reason to stop.
pub fn talk(text: &str) {
    writeln!(std::io::stderr().lock(), "{text}").ok();
}
