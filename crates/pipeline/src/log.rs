//! `log.jsonl`: the events of a run, one JSON object per line. The file is not an output.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

/// The log of the stage that runs in this process, and its path.
static LOG: Mutex<Option<(File, PathBuf)>> = Mutex::new(None);

/// Writes the `tracing` events of this process, from level `info`, to a new file at `path`.
pub(crate) fn begin(path: &Path) -> Result<()> {
    // A new file, because the last one can be a link or a pipe.
    std::fs::remove_file(path).ok();
    let file = fs_err::OpenOptions::new().write(true).create_new(true).open(path)?.into_file();
    *LOG.lock().unwrap_or_else(PoisonError::into_inner) = Some((file, path.to_owned()));
    let layer = tracing_subscriber::fmt::layer().json().with_writer(|| ToLog).with_filter(LevelFilter::INFO);
    // Fails for the second stage of a process. The subscriber of the first stage writes to the new file then.
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).ok();
    Ok(())
}

/// Returns the path of the log, if there is one.
pub(crate) fn path() -> Option<PathBuf> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|(_, path)| path.clone())
}

/// Writes to [`LOG`].
struct ToLog;

impl Write for ToLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut *LOG.lock().unwrap_or_else(PoisonError::into_inner) {
            Some((file, _)) => file.write(bytes),
            None => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
