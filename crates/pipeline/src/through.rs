//! Files that are written through to the disk while more are made.

use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use anyhow::Result;

use crate::files;

/// Writes files through to the disk, one after the other, on a thread of its own.
///
/// A finished stage writes every output through in any case. What is written through already costs it next to nothing, and was
/// written while the processor had other work. So nothing is lost by a file that is not named here, or whose turn does not come.
#[derive(Debug)]
pub struct WriteThrough {
    /// `None` wakes the thread for its end.
    queue: Sender<Option<PathBuf>>,
    over: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<Result<()>>>>,
}

impl WriteThrough {
    /// Waits for files.
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

    /// Has the file at `path` written through, which is whole; does not wait for it.
    pub fn add(&self, path: PathBuf) {
        // Nobody listens after a failure, which `finish` tells.
        self.queue.send(Some(path)).ok();
    }

    /// Waits for the file that is being written, and leaves those that wait to whoever finishes the stage.
    ///
    /// # Errors
    /// When a file could not be written to the disk; the system may tell of that only once. One that is gone is none.
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

    /// Whether the thread has given up.
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
        // Again, and after the end.
        through.add(folder.path().join("1"));
        through.finish().unwrap();
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_cannot_be_written_is_told() {
        // There is no disk below it.
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
