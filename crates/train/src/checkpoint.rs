//! Where each trial stands, on disk: after every epoch one file is written anew, whole or not at all, so that a run which
//! is killed goes on where it was and ends with the same bytes.
//!
//! No random state is in it: shuffle, masks and copies of an epoch are streams of their own, drawn from the seed and the
//! epoch's number.
//!
//! ```text
//! magic   8 bytes          ended   u8      epochs  u32, then train loss, val loss, val accuracy (f32) of each
//! key    32 bytes          kept    u64 values, f32 each       state   u64 bytes       BLAKE3 of all that, 32 bytes
//! ```
//! Numbers are little-endian. `kept` are the weights of the kept epoch; none while that is the last one, since the state
//! holds them then. A trial that has ended has no state, and no weights either once it cannot win any more.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use contract::StopReason;
use pipeline::{AtomicFile, HintExt};

use crate::history::{Epoch, History};

/// Changed whenever the file's form or the meaning of its numbers changes.
const MAGIC: &[u8; 8] = b"tscheck1";
const HASH: usize = 32;

/// What a checkpoint holds. Borrowed when it is written, so that nothing is copied.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Parts<'a> {
    pub history: &'a History,
    /// Weights of the kept epoch; empty where the state or nobody holds them.
    pub kept: &'a [f32],
    /// What [`runtime::Trainer::state`] gave; empty for a trial that goes on no more.
    pub state: &'a [u8],
}

/// A checkpoint that was read.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Checkpoint {
    pub history: History,
    pub kept: Vec<f32>,
    pub state: Vec<u8>,
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

    /// The checkpoint of a trial; none when there is no whole one.
    pub fn read(&self, key: &blake3::Hash) -> Option<Checkpoint> {
        let bytes = std::fs::read(self.file(key)).ok()?;
        let checkpoint = parse(&bytes, key);
        if checkpoint.is_none() {
            tracing::warn!(file = %self.file(key).display(), "the checkpoint is damaged; the trial begins anew");
        }
        checkpoint
    }

    /// Publishes a trial's checkpoint in place of the one before.
    pub fn write(&self, key: &blake3::Hash, parts: &Parts) -> Result<()> {
        let path = self.file(key);
        let mut file = Hashing { file: AtomicFile::create(&path)?, hasher: blake3::Hasher::new() };
        let wrote = write(&mut file, key, parts).and_then(|()| {
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

/// Hashes what passes on the way to a file.
struct Hashing {
    file: AtomicFile,
    hasher: blake3::Hasher,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        /// Shorter pieces are not worth being shared among threads.
        const WORTH_THREADS: usize = 1 << 20;
        let count = self.file.write(bytes)?;
        if count >= WORTH_THREADS {
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

fn write(to: &mut impl Write, key: &blake3::Hash, parts: &Parts) -> io::Result<()> {
    /// Values turned into bytes at a time.
    const PIECE: usize = 1 << 18;
    to.write_all(MAGIC)?;
    to.write_all(key.as_bytes())?;
    to.write_all(&[match parts.history.stop_reason {
        None => 0,
        Some(StopReason::EarlyStopping) => 1,
        Some(StopReason::MaxEpochs) => 2,
        Some(StopReason::Diverged) => 3,
        Some(StopReason::Halved) => 4,
    }])?;
    to.write_all(&(parts.history.epochs.len() as u32).to_le_bytes())?;
    for Epoch { train_loss, val_loss, val_accuracy } in &parts.history.epochs {
        for value in [train_loss, val_loss, val_accuracy] {
            to.write_all(&value.to_le_bytes())?;
        }
    }
    to.write_all(&(parts.kept.len() as u64).to_le_bytes())?;
    let mut bytes = Vec::with_capacity(4 * PIECE.min(parts.kept.len()));
    for piece in parts.kept.chunks(PIECE) {
        bytes.clear();
        bytes.extend(piece.iter().flat_map(|value| value.to_le_bytes()));
        to.write_all(&bytes)?;
    }
    to.write_all(&(parts.state.len() as u64).to_le_bytes())?;
    to.write_all(parts.state)
}

/// Reads a checkpoint of the trial `key`; none when it is another's or not whole.
fn parse(bytes: &[u8], key: &blake3::Hash) -> Option<Checkpoint> {
    let (content, hash) = bytes.split_at_checked(bytes.len().checked_sub(HASH)?)?;
    if blake3::Hasher::new().update_rayon(content).finalize().as_bytes() != hash {
        return None;
    }
    let mut rest = content;
    let mut take = |count: usize| {
        let (taken, left) = rest.split_at_checked(count)?;
        rest = left;
        Some(taken)
    };
    if take(MAGIC.len())? != MAGIC || take(HASH)? != key.as_bytes() {
        return None;
    }
    let stop_reason = match take(1)?[0] {
        0 => None,
        1 => Some(StopReason::EarlyStopping),
        2 => Some(StopReason::MaxEpochs),
        3 => Some(StopReason::Diverged),
        4 => Some(StopReason::Halved),
        _ => return None,
    };
    let epochs = u32::from_le_bytes(take(4)?.try_into().ok()?) as usize;
    let values = floats(take(epochs.checked_mul(12)?)?);
    let epochs = values
        .chunks_exact(3)
        .map(|epoch| Epoch { train_loss: epoch[0], val_loss: epoch[1], val_accuracy: epoch[2] })
        .collect();
    let count = usize::try_from(u64::from_le_bytes(take(8)?.try_into().ok()?)).ok()?;
    let kept = floats(take(count.checked_mul(4)?)?);
    let count = usize::try_from(u64::from_le_bytes(take(8)?.try_into().ok()?)).ok()?;
    let state = take(count)?.to_vec();
    Some(Checkpoint { history: History { epochs, stop_reason }, kept, state })
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let state: Vec<u8> = (0..3_000_001_u32).map(|at| (at % 251) as u8).collect();
        checkpoints.write(&key, &Parts { history: &history, kept: &kept, state: &state }).unwrap();
        assert_eq!(checkpoints.read(&key), Some(Checkpoint { history: history.clone(), kept, state }));
        checkpoints.write(&key, &Parts { history: &history, kept: &[], state: &[] }).unwrap();
        assert_eq!(checkpoints.read(&key), Some(Checkpoint { history, ..Checkpoint::default() }));
    }

    #[test]
    fn damage_anywhere_and_another_trials_file_are_not_read() {
        let (_folder, checkpoints, key) = folder();
        checkpoints.write(&key, &Parts { history: &history(), kept: &[1.0, 2.0], state: b"state" }).unwrap();
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
            checkpoints.write(&key, &Parts { history: &history(), kept: &[], state: &[] }).unwrap();
        }
        std::fs::write(checkpoints.folder.join(".tmp-left"), "half").unwrap();
        let again = Checkpoints::open(checkpoints.folder.clone(), &[key]).unwrap();
        assert_eq!(std::fs::read_dir(&again.folder).unwrap().count(), 1);
        assert!(again.read(&key).is_some() && again.read(&other).is_none());
    }
}
