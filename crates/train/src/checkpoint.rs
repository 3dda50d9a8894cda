//! The checkpoint of a trial on disk. `train` replaces the file after every epoch, atomically, so that a killed run resumes
//! where it was and ends with the same bytes.
//!
//! The file holds a [`Checkpoint`] as `postcard` writes it, then the BLAKE3 of that. It holds no random state: the order,
//! masks and copies of an epoch come from streams of their own, drawn from the seed and the number of the epoch.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use pipeline::{AtomicFile, HintExt};
use runtime::TrainingState;
use serde::{Deserialize, Serialize};

use crate::history::History;

/// The meaning of the hash. It changes with the format of the file, so that files of another format are rejected.
const CONTEXT: &str = "tunescope checkpoint file 2";
const HASH: usize = 32;

/// What a checkpoint holds. It is borrowed when it is written, so that nothing is copied.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Checkpoint<'a> {
    pub history: Cow<'a, History>,
    /// Weights of the kept epoch. Empty when that is the last epoch, whose weights are in the state, and for a trial that
    /// cannot win any more.
    #[serde(with = "runtime::floats")]
    pub kept: Cow<'a, [f32]>,
    /// `None` for a trial that has ended.
    pub state: Option<TrainingState<'a>>,
}

/// The folder of a sweep's checkpoints.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    folder: PathBuf,
}

impl Checkpoints {
    /// The checkpoints in `folder`. Files of other trials than those of `keys` are removed, and what a killed run left
    /// half-written is too.
    pub fn open(folder: PathBuf, keys: &[blake3::Hash]) -> Result<Self> {
        let here = Self { folder };
        if here.folder.is_dir() {
            let known: BTreeSet<PathBuf> = keys.iter().map(|key| here.file(key)).collect();
            for entry in fs_err::read_dir(&here.folder)? {
                let path = entry?.path();
                if !known.contains(&path) {
                    fs_err::remove_file(path)?;
                }
            }
        }
        Ok(here)
    }

    fn file(&self, key: &blake3::Hash) -> PathBuf {
        self.folder.join(format!("{}.checkpoint", &key.to_hex()[..16]))
    }

    /// Returns the checkpoint of a trial, or `None` when there is no undamaged one.
    pub fn read(&self, key: &blake3::Hash) -> Option<Checkpoint<'static>> {
        let bytes = std::fs::read(self.file(key)).ok()?;
        let checkpoint = parse(&bytes, key);
        if checkpoint.is_none() {
            tracing::warn!(file = %self.file(key).display(), "the checkpoint is damaged; the trial begins anew");
        }
        checkpoint
    }

    /// Replaces the checkpoint of a trial.
    pub fn write(&self, key: &blake3::Hash, checkpoint: &Checkpoint) -> Result<()> {
        let path = self.file(key);
        let mut file = Hashing { file: AtomicFile::create(&path)?, hasher: hasher() };
        let wrote =
            postcard::to_io(&(key.as_bytes(), checkpoint), &mut file).map_err(io::Error::other).and_then(|file| {
                let hash = file.hasher.finalize();
                file.file.write_all(hash.as_bytes())
            });
        wrote
            .with_context(|| format!("cannot write {}", path.display()))
            .hint("is the disk full, or the folder read-only?")?;
        file.file.commit()
    }

    /// Forgets how far a trial had come.
    pub fn remove(&self, key: &blake3::Hash) -> Result<()> {
        let path = self.file(key);
        if path.exists() {
            fs_err::remove_file(path)?;
        }
        Ok(())
    }
}

/// A file that hashes what is written to it.
struct Hashing {
    file: AtomicFile,
    hasher: blake3::Hasher,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        /// Bytes written at a time: they stay in a cache until they are hashed. Shorter pieces are not worth the threads.
        const PIECE: usize = 1 << 20;
        let count = self.file.write(&bytes[..bytes.len().min(PIECE)])?;
        if count == PIECE {
            self.hasher.update_rayon(&bytes[..count]);
        } else {
            self.hasher.update(&bytes[..count]);
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn hasher() -> blake3::Hasher {
    blake3::Hasher::new_derive_key(CONTEXT)
}

/// Reads a checkpoint of the trial `key`. Returns `None` for that of another trial and for a damaged one.
fn parse(bytes: &[u8], key: &blake3::Hash) -> Option<Checkpoint<'static>> {
    let (content, hash) = bytes.split_at_checked(bytes.len().checked_sub(HASH)?)?;
    if hasher().update_rayon(content).finalize().as_bytes() != hash {
        return None;
    }
    let (found, checkpoint): ([u8; HASH], Checkpoint<'static>) = postcard::from_bytes(content).ok()?;
    (found == *key.as_bytes()).then_some(checkpoint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::StopReason;

    use crate::history::Epoch;

    fn history() -> History {
        let epoch = |at: f32| Epoch { train_loss: 0.1 + at, val_loss: 1.0 / 3.0 - at, val_accuracy: 0.9 };
        History { epochs: vec![epoch(0.0), epoch(0.05)], stop_reason: Some(StopReason::EarlyStopping) }
    }

    fn folder() -> (tempfile::TempDir, Checkpoints, blake3::Hash) {
        let folder = tempfile::tempdir().unwrap();
        let key = blake3::hash(b"a trial");
        let checkpoints = Checkpoints::open(folder.path().join("checkpoints"), &[key]).unwrap();
        (folder, checkpoints, key)
    }

    #[test]
    fn what_is_written_is_read_again() {
        let (_folder, checkpoints, key) = folder();
        assert_eq!(checkpoints.read(&key), None);
        let history = history();
        let kept: Vec<f32> = (0..600_000).map(|at| at as f32 / 7.0).collect();
        for kept in [kept, Vec::new()] {
            let checkpoint = Checkpoint { history: Cow::Borrowed(&history), kept: Cow::Owned(kept), state: None };
            checkpoints.write(&key, &checkpoint).unwrap();
            assert_eq!(checkpoints.read(&key), Some(checkpoint));
        }
    }

    #[test]
    fn damage_anywhere_and_another_trials_file_are_not_read() {
        let (_folder, checkpoints, key) = folder();
        let kept = Cow::Borrowed(&[1.0, 2.0][..]);
        checkpoints.write(&key, &Checkpoint { history: Cow::Owned(history()), kept, state: None }).unwrap();
        let file = checkpoints.file(&key);
        let whole = std::fs::read(&file).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            std::fs::write(&file, damaged).unwrap();
            assert_eq!(checkpoints.read(&key), None, "byte {at}");
            std::fs::write(&file, &whole[..at]).unwrap();
            assert_eq!(checkpoints.read(&key), None, "cut at {at}");
        }
        std::fs::write(&file, &whole).unwrap();
        assert!(checkpoints.read(&key).is_some());
        assert_eq!(parse(&whole, &blake3::hash(b"another")), None);
    }

    #[test]
    fn other_trials_files_and_leftovers_are_removed() {
        let (_folder, checkpoints, key) = folder();
        let other = blake3::hash(b"another");
        for key in [key, other] {
            let checkpoint = Checkpoint { history: Cow::Owned(history()), ..Checkpoint::default() };
            checkpoints.write(&key, &checkpoint).unwrap();
        }
        std::fs::write(checkpoints.folder.join(".tmp-left"), "half").unwrap();
        let again = Checkpoints::open(checkpoints.folder.clone(), &[key]).unwrap();
        assert_eq!(std::fs::read_dir(&again.folder).unwrap().count(), 1);
        assert!(again.read(&key).is_some() && again.read(&other).is_none());
    }
}
