//! Checkpoints: after every epoch a trial replaces one file, so a killed run resumes and ends with the same bytes.
//!
//! The file holds a [`Checkpoint`] as `postcard` writes it, sealed with the key of the trial ([`Seal`]). It holds no state
//! of a random generator, because the order, the masks and the copies of an epoch are drawn from the seed and the number
//! of the epoch.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::Result;
use pipeline::Seal;
use runtime::TrainingState;
use serde::{Deserialize, Serialize};

use crate::history::History;

/// The purpose of the file. It changes with the format of the file and with the meaning of its numbers.
const SEAL: &str = "tunescope checkpoint file 2";

/// The content of a checkpoint. A trial lends its values for writing, so that nothing is copied.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Checkpoint<'a> {
    pub history: Cow<'a, History>,
    /// Weights of the kept epoch. Empty while that is the last epoch, because the state holds them then, and empty for a
    /// trial that cannot win.
    #[serde(with = "runtime::floats")]
    pub kept: Cow<'a, [f32]>,
    /// `None` for a trial that has stopped.
    pub state: Option<TrainingState<'a>>,
}

/// The folder with the checkpoints of a sweep.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    folder: PathBuf,
}

impl Checkpoints {
    /// Opens the checkpoints in `folder`. Removes the files of trials that are not in `keys`, and the temporary files of
    /// a killed run.
    pub fn open(folder: PathBuf, keys: &[blake3::Hash]) -> Result<Self> {
        let here = Self { folder };
        if here.folder.is_dir() {
            let known: BTreeSet<PathBuf> = keys.iter().map(|key| here.file(key)).collect();
            for entry in fs_err::read_dir(&here.folder)? {
                let path = entry?.path();
                if !known.contains(&path) {
                    pipeline::remove(&path)?;
                }
            }
        }
        Ok(here)
    }

    fn file(&self, key: &blake3::Hash) -> PathBuf {
        self.folder.join(format!("{}.checkpoint", &key.to_hex()[..16]))
    }

    /// Reads the checkpoint of a trial. Returns `None` when there is no file, or the file is damaged.
    pub fn read(&self, key: &blake3::Hash) -> Option<Checkpoint<'static>> {
        let path = self.file(key);
        if !path.exists() {
            return None;
        }
        let content = Seal::new(SEAL, key.as_bytes()).read(&path);
        let checkpoint = content.and_then(|content| postcard::from_bytes::<Checkpoint<'static>>(&content).ok());
        if checkpoint.is_none() {
            tracing::warn!(file = %path.display(), "the checkpoint is damaged; the trial starts from its first epoch");
        }
        checkpoint
    }

    /// Replaces the checkpoint of a trial.
    pub fn write(&self, key: &blake3::Hash, checkpoint: &Checkpoint) -> Result<()> {
        Seal::new(SEAL, key.as_bytes()).write(self.file(key), |file| {
            postcard::to_io(checkpoint, file)?;
            Ok(())
        })
    }

    /// Removes the checkpoint of a trial.
    pub fn remove(&self, key: &blake3::Hash) -> Result<()> {
        let path = self.file(key);
        if path.exists() {
            pipeline::remove(&path)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use contract::StopReason;

    use super::*;
    use crate::history::Epoch;

    fn history() -> History {
        let epoch = |at: f32| Epoch { train_loss: 0.1 + at, val_loss: 1.0 / 3.0 - at, val_accuracy: 0.9 };
        History { epochs: vec![epoch(0.0), epoch(0.05)], stop_reason: Some(StopReason::EarlyStopping) }
    }

    fn checkpoint(kept: Vec<f32>) -> Checkpoint<'static> {
        Checkpoint { history: Cow::Owned(history()), kept: Cow::Owned(kept), state: None }
    }

    fn folder() -> (tempfile::TempDir, Checkpoints, blake3::Hash) {
        let folder = tempfile::tempdir().unwrap();
        let key = blake3::hash(b"a trial");
        let checkpoints = Checkpoints::open(folder.path().join("checkpoints"), &[key]).unwrap();
        (folder, checkpoints, key)
    }

    #[test]
    fn a_checkpoint_reads_back_as_it_was_written() {
        let (_folder, checkpoints, key) = folder();
        assert_eq!(checkpoints.read(&key), None);
        for kept in [(0..600_000).map(|at| at as f32 / 7.0).collect(), Vec::new()] {
            let checkpoint = checkpoint(kept);
            checkpoints.write(&key, &checkpoint).unwrap();
            assert_eq!(checkpoints.read(&key), Some(checkpoint));
        }
    }

    #[test]
    fn a_damaged_file_and_the_file_of_another_trial_are_not_read() {
        let (_folder, checkpoints, key) = folder();
        checkpoints.write(&key, &checkpoint(vec![1.0, 2.0])).unwrap();
        let file = checkpoints.file(&key);
        let whole = std::fs::read(&file).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            for bytes in [damaged.as_slice(), &whole[..at]] {
                std::fs::write(&file, bytes).unwrap();
                assert_eq!(checkpoints.read(&key), None, "byte {at}");
            }
        }
        let other = blake3::hash(b"another");
        std::fs::write(checkpoints.file(&other), &whole).unwrap();
        assert_eq!(checkpoints.read(&other), None);
        std::fs::write(&file, &whole).unwrap();
        assert!(checkpoints.read(&key).is_some());
    }

    #[test]
    fn the_files_of_other_trials_and_temporary_files_are_removed() {
        let (_folder, checkpoints, key) = folder();
        let other = blake3::hash(b"another");
        for key in [key, other] {
            checkpoints.write(&key, &checkpoint(Vec::new())).unwrap();
        }
        std::fs::write(checkpoints.folder.join(".tmp-left"), "half").unwrap();
        let again = Checkpoints::open(checkpoints.folder.clone(), &[key]).unwrap();
        assert_eq!(std::fs::read_dir(&again.folder).unwrap().count(), 1);
        assert!(again.read(&key).is_some() && again.read(&other).is_none());
    }
}
