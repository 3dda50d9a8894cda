//! Panics: one line for the user, the details for the log.

use std::backtrace::Backtrace;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;

use crate::{log, print_message};

/// A panic ended the work. [`show`] has already printed the message.
#[derive(Debug, thiserror::Error)]
#[error("an internal error ended the work")]
pub(crate) struct Panicked;

/// Does `work`. A panic in it becomes a [`Panicked`].
pub(crate) fn caught<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    install();
    // The caller ends the process, so nothing sees values that the panic left in a broken state.
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(Panicked.into()))
}

/// Replaces the hook of the standard library, which prints several lines of technical text.
fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| panic::set_hook(Box::new(show)));
}

fn show(info: &PanicHookInfo) {
    /// Whether a panic was printed. One panic often causes others in threads that wait for its result, and only the first is printed.
    static SHOWN: AtomicBool = AtomicBool::new(false);
    let text = describe(info);
    let thread = std::thread::current();
    tracing::error!(thread = thread.name(), backtrace = %Backtrace::force_capture(), "{text}");
    if SHOWN.swap(true, Ordering::Relaxed) {
        return;
    }
    let details =
        log::path().map_or_else(String::new, |path| format!(" with {}, which has the details", path.display()));
    let advice =
        advice(&text).map_or_else(|| format!("this is a fault of Tunescope: report it{details}"), str::to_owned);
    print_message(&format!("error: {text}\nhint: {advice}"));
}

/// Returns what to do about a panic that the system causes. Libraries panic when the system refuses a thread.
fn advice(text: &str) -> Option<&'static str> {
    let is_about_threads =
        ["spawn thread", "spawn worker thread", "ThreadPoolBuildError"].iter().any(|part| text.contains(part));
    is_about_threads.then_some(
        "the system allows no more threads: set `threads` to a smaller number, or raise the limit (`ulimit -u`)",
    )
}

/// Returns the source location and the message of a panic on one line.
fn describe(info: &PanicHookInfo) -> String {
    let payload = info.payload();
    let message = payload.downcast_ref::<&str>().copied();
    let message = message.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    match info.location() {
        Some(place) => format!("internal error in {}:{}: {message}", place.file(), place.line()),
        None => format!("internal error: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// Set in the process that panics.
    const CHILD: &str = "TUNESCOPE_TEST_PANICS";

    /// Runs only in the process that the test below starts.
    #[test]
    fn child() {
        if std::env::var_os(CHILD).is_none() {
            return;
        }
        let ended = caught(|| -> Result<()> {
            std::thread::spawn(|| panic!("index 7\n  is out of range")).join().ok();
            let list = [0_u8; 3];
            let at = std::env::args().count() + 3;
            assert!(list[at] > 0);
            Ok(())
        });
        assert!(ended.unwrap_err().is::<Panicked>());
    }

    #[test]
    fn a_refused_thread_is_not_a_fault_of_the_program() {
        let text = "internal error in thread/scoped.rs:1: failed to spawn thread: Os { code: 11, kind: WouldBlock }";
        assert!(advice(text).unwrap().contains("`ulimit -u`"));
        assert_eq!(advice("internal error in a.rs:1: index 7 is out of range"), None);
    }

    #[test]
    fn a_panic_prints_one_line_and_a_hint() {
        let program = std::env::current_exe().unwrap();
        let output =
            Command::new(program).args(["panics::tests::child", "--exact", "--nocapture"]).env(CHILD, "1").output();
        let output = output.unwrap();
        assert!(output.status.success());
        let text = String::from_utf8(output.stderr).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(lines[0].starts_with("error: internal error in ") && lines[0].contains("panics.rs:"), "{text}");
        assert!(lines[0].ends_with(": index 7 is out of range"), "{text}");
        assert_eq!(lines[1], "hint: this is a fault of Tunescope: report it");
        assert!(!text.contains("panicked"), "{text}");
    }
}
