//! The lock that permits one writer per artifacts folder.

use std::fs::{File, OpenOptions, TryLockError};
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
/// Bytes of the text about the other process that a message shows at most.
const SHOWN: u64 = 1000;

impl WriterLock {
    /// Takes the lock of the folder.
    ///
    /// # Errors
    /// Returns an error that names the process that holds the lock, a file at the path of the folder, or anything but a file at the path
    /// of the lock. A link there could lead to a file of the user.
    pub fn take(artifacts: &Path) -> Result<Self> {
        if artifacts.exists() && !artifacts.is_dir() {
            return Err(anyhow!("{} is a file, and the stages need a folder there", artifacts.display()))
                .hint("move the file elsewhere, or choose another folder with --set artifacts=FOLDER");
        }
        fs_err::create_dir_all(artifacts).hint_write()?;
        let path = artifacts.join(".writer.lock");
        if path.symlink_metadata().is_ok_and(|found| !found.is_file()) {
            return Err(anyhow!("{} is not a file", path.display())).hint("remove it; the stages create it again");
        }
        let mut file =
            options().open(&path).with_context(|| format!("cannot write {}", path.display())).hint_write()?;
        let began = Instant::now();
        while let Err(failed) = file.try_lock() {
            match failed {
                TryLockError::WouldBlock if began.elapsed() < PATIENCE => std::thread::sleep(PATIENCE / 20),
                TryLockError::WouldBlock => {
                    let mut holder = String::new();
                    file.take(SHOWN).read_to_string(&mut holder).ok();
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
            .hint_write()?;
        Ok(Self(file))
    }
}

/// Options that create the file, follow no link and wait for no pipe.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32);
    }
    options
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

    #[test]
    fn a_file_in_place_of_the_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("artifacts");
        std::fs::write(&file, "mine").unwrap();
        let text = crate::error::render(&WriterLock::take(&file).unwrap_err());
        assert!(text.contains("artifacts is a file, and the stages need a folder there\nhint: "), "{text}");
        assert_eq!(std::fs::read(&file).unwrap(), b"mine");
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_that_is_a_link_a_folder_or_a_pipe_is_refused_at_once() {
        use rustix::fs::{CWD, FileType, mknodat};
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join(".writer.lock");
        let mine = folder.path().join("mine.txt");
        std::fs::write(&mine, "mine").unwrap();
        let make: [&dyn Fn() -> std::io::Result<()>; 4] = [
            &|| std::os::unix::fs::symlink(&mine, &lock),
            &|| std::os::unix::fs::symlink("/dev/zero", &lock),
            &|| std::fs::create_dir(&lock),
            &|| Ok(mknodat(CWD, &lock, FileType::Fifo, 0o600.into(), 0)?),
        ];
        for make in make {
            make().unwrap();
            let text = crate::error::render(&WriterLock::take(folder.path()).unwrap_err());
            assert!(text.contains(".writer.lock is not a file\nhint: remove it"), "{text}");
            assert_eq!(std::fs::read(&mine).unwrap(), b"mine");
            if lock.is_dir() { std::fs::remove_dir(&lock) } else { std::fs::remove_file(&lock) }.unwrap();
        }
        WriterLock::take(folder.path()).unwrap();
    }
}
