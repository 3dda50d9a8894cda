//! Syncs files to the disk while more files are written.

use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use anyhow::Result;

use crate::files;

/// Syncs files to the disk, one after the other, on a separate thread.
///
/// A stage syncs all its outputs when it finishes. A file that is already synced costs little then. A file that is not passed
/// to this type, or not reached by it, is still synced at the end.
#[derive(Debug)]
pub struct WriteThrough {
    /// `None` ends the thread.
    queue: Sender<Option<PathBuf>>,
    over: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<Result<()>>>>,
}

impl WriteThrough {
    /// Starts the thread.
    pub fn begin() -> Self {
        let (queue, paths) = mpsc::channel::<Option<PathBuf>>();
        let over = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&over);
        let thread = thread::spawn(move || {
            let mut wanted = paths.iter().map_while(|path| path.filter(|_| !is_over.load(Ordering::Relaxed)));
            wanted.try_for_each(|path| write_through(&path))
        });
        Self { queue, over, thread: Mutex::new(Some(thread)) }
    }

    /// Queues the complete file at `path` and returns at once.
    pub fn add(&self, path: PathBuf) {
        // The thread ends after a failure. `finish` returns the error.
        self.queue.send(Some(path)).ok();
    }

    /// Waits for the file that is being synced, and leaves the queued files to the end of the stage.
    ///
    /// # Errors
    /// Returns an error when a file could not be synced, because the system may report that failure only once. A file that no
    /// longer exists is not an error.
    pub fn finish(&self) -> Result<()> {
        self.over.store(true, Ordering::Relaxed);
        self.queue.send(None).ok();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        thread.map_or(Ok(()), |thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
    }
}

fn write_through(path: &Path) -> Result<()> {
    match files::sync(path) {
        Err(_) if !path.exists() => Ok(()),
        synced => synced,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns whether the thread has ended after a failure.
    fn is_over(through: &WriteThrough) -> bool {
        through.thread.lock().unwrap().as_ref().is_none_or(JoinHandle::is_finished)
    }

    #[test]
    fn a_file_that_is_gone_holds_up_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let through = WriteThrough::begin();
        for number in 0..100 {
            let path = folder.path().join(number.to_string());
            if number % 3 > 0 {
                std::fs::write(&path, "x").unwrap();
            }
            through.add(path);
        }
        through.finish().unwrap();
        // A second call, and a call after the end.
        through.add(folder.path().join("1"));
        through.finish().unwrap();
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn an_unwritable_file_is_reported() {
        // The file system /proc has no disk.
        const NOWHERE: &str = "/proc/self/status";
        let through = WriteThrough::begin();
        assert!(!is_over(&through));
        through.add(NOWHERE.into());
        while !is_over(&through) {
            thread::yield_now();
        }
        let error = through.finish().unwrap_err();
        assert!(crate::error::render(&error).contains(NOWHERE));
    }
}
