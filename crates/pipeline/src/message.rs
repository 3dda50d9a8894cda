//! Messages for the user on stderr.

use std::io::Write;

/// Writes one line to stderr. Ignores a closed pipe.
pub fn print_message(text: &str) {
    writeln!(std::io::stderr().lock(), "{text}").ok();
}
