//! Ctrl-C: the first one makes a stage stop at the next safe point, the second one ends the process at once.
//!
//! Long work calls [`check`] between its pieces, or does each piece in [`Run::remember`](crate::Run::remember), which calls
//! it. File writes are atomic and a stage without a lock is unfinished, so a stopped stage never leaves a partial result
//! that looks complete.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use anyhow::{Context, Result};
use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};

use crate::{Exit, print_message};

static ASKED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// The user stopped the stage. The exit code is 130, and no error is printed.
#[derive(Debug, thiserror::Error)]
#[error("stopped")]
pub struct Stopped;

/// Returns whether the user has pressed Ctrl-C.
pub fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// Returns an error when the user has pressed Ctrl-C. Long work calls it between its pieces.
pub fn check() -> Result<(), Stopped> {
    if asked() { Err(Stopped) } else { Ok(()) }
}

/// Installs the handlers: Ctrl-C and SIGTERM stop the stage, and a second signal ends the process.
pub(crate) fn listen(stage: &'static str) -> Result<()> {
    static LISTENING: AtomicBool = AtomicBool::new(false);
    // Handlers accumulate: with two installations, the first Ctrl-C would count as the second.
    if LISTENING.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    // With a handler, a write above the limit of `ulimit -f` is an error instead of the end of the process.
    signal_hook::flag::register(SIGXFSZ, Arc::default()).context("cannot listen for signals")?;
    for signal in [SIGINT, SIGTERM] {
        // The order matters: a signal that finds the flag set is the second one.
        signal_hook::flag::register_conditional_shutdown(signal, i32::from(Exit::Stopped.code()), Arc::clone(&ASKED))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&ASKED)))
            .context("cannot listen for Ctrl-C")?;
    }
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]).context("cannot listen for Ctrl-C")?;
    // A signal handler must not print, so a thread does. The thread ends with the process.
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            print_message(&format!("{stage:<12}stops when the piece under way is done; Ctrl-C again ends at once"));
        }
    });
    Ok(())
}
