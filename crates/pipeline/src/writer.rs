//! The lock that permits one writer per artifacts folder.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};

use crate::HintExt;

/// The right to write below an artifacts folder. It ends when the value is dropped or the process ends.
#[derive(Debug)]
pub struct WriterLock(#[allow(dead_code, reason = "held for its lock")] File);

/// Longest wait for the lock. A child process of a killed run can hold it a moment longer than the run itself.
const PATIENCE: Duration = Duration::from_secs(1);

impl WriterLock {
    /// Takes the lock of the folder.
    ///
    /// # Errors
    /// Names the process that holds the lock.
    pub fn take(artifacts: &Path) -> Result<Self> {
        fs_err::create_dir_all(artifacts).hint("is the folder read-only?")?;
        let path = artifacts.join(".writer.lock");
        let mut file = fs_err::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .hint("is the folder read-only?")?
            .into_file();
        let began = Instant::now();
        while let Err(failed) = file.try_lock() {
            match failed {
                TryLockError::WouldBlock if began.elapsed() < PATIENCE => std::thread::sleep(PATIENCE / 20),
                TryLockError::WouldBlock => {
                    let mut holder = String::new();
                    file.read_to_string(&mut holder).ok();
                    return Err(anyhow!("{} is being written by {}", artifacts.display(), holder.trim()))
                        .hint("wait for that run to end, or give this one another folder with --set artifacts=FOLDER");
                }
                TryLockError::Error(error) => {
                    return Err(error).with_context(|| format!("cannot lock {}", path.display()));
                }
            }
        }
        let command: Vec<String> = std::env::args().collect();
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "process {}: {}", std::process::id(), command.join(" ")))
            .with_context(|| format!("cannot write {}", path.display()))
            .hint("is the disk full?")?;
        Ok(Self(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_writer_learns_who_holds_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = WriterLock::take(folder.path()).unwrap();
        let text = crate::error::render(&WriterLock::take(folder.path()).unwrap_err());
        assert!(text.contains(&format!("process {}", std::process::id())), "{text}");
        drop(first);
        WriterLock::take(folder.path()).unwrap();
    }
}
