//! Ctrl-C: the first one asks a stage to stop at the next good place, the second ends the process at once.
//!
//! Work in pieces calls [`check`] between them, or does each piece in [`Run::remember`](crate::Run::remember), which
//! does. Outputs are whole or not there, and a stage without a lock counts as unfinished, so either way nothing is left
//! that could be taken for a result.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use anyhow::{Context, Result};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::{Exit, talk};

static ASKED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// What a stage ends with once it was asked to stop: exit code 130, and no error.
#[derive(Debug, thiserror::Error)]
#[error("stopped")]
pub struct Stopped;

/// Whether the stage was asked to stop.
pub fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// An error once the stage was asked to stop. Called between pieces of long work.
pub fn check() -> Result<(), Stopped> {
    if asked() { Err(Stopped) } else { Ok(()) }
}

/// From now on Ctrl-C (and a polite `kill`) asks to stop, and a second one ends the process.
pub(crate) fn listen(stage: &'static str) -> Result<()> {
    static LISTENING: AtomicBool = AtomicBool::new(false);
    // Handlers add up: listening twice, one Ctrl-C would already be the second.
    if LISTENING.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    for signal in [SIGINT, SIGTERM] {
        // The order matters: the second signal is the one that finds the flag set.
        signal_hook::flag::register_conditional_shutdown(signal, i32::from(Exit::Stopped.code()), Arc::clone(&ASKED))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&ASKED)))
            .context("cannot listen for Ctrl-C")?;
    }
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]).context("cannot listen for Ctrl-C")?;
    // A handler may not print; a thread may. It ends with the process.
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            talk(&format!("{stage:<12}stops when the piece under way is done; Ctrl-C again ends at once"));
        }
    });
    Ok(())
}
