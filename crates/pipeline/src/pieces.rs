//! Results of pieces of long work, kept so that a stopped or killed run resumes after them.
//!
//! ```text
//! artifacts/<stage>/pieces/<hash of key and threads>/<hash of the piece's name>
//! ```
//! Each file is sealed ([`Seal`]).
//!
//! The name of the folder depends on the stage's key and the number of threads, so a run reuses a piece only when it would
//! compute the same bytes. The folder is removed when the stage has its lock.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::sealed::Seal;
use crate::{Key, short_hash};

/// The sub-folder of the stage. A stage that keeps pieces lists it in [`Stage::CHECKPOINTS`](crate::Stage::CHECKPOINTS).
pub const FOLDER: &str = "pieces";

/// The purpose of the file of a piece. The name of the piece is its key.
const SEAL: &str = "tunescope piece of a stage's work 1";

/// The pieces of one run.
#[derive(Debug, Clone)]
pub(crate) struct Pieces {
    folder: PathBuf,
}

impl Pieces {
    /// Opens the pieces of a run with this `key` and number of threads. Removes the pieces of other runs.
    pub(crate) fn open(stage: &Path, key: &Key, threads: usize) -> Result<Self> {
        let name = short_hash(format!("{} {threads}", key.hash()).as_bytes());
        let above = stage.join(FOLDER);
        if above.is_dir() {
            for entry in fs_err::read_dir(&above)? {
                let path = entry?.path();
                if path.file_name().is_some_and(|found| *found != *name) {
                    crate::remove(&path)?;
                }
            }
        }
        Ok(Self { folder: above.join(name) })
    }

    /// Returns the stored result of `piece`. Without a stored result, does the work and stores its result.
    pub(crate) fn remember(&self, piece: &str, work: impl FnOnce() -> Result<Vec<u8>>) -> Result<Vec<u8>> {
        let path = self.folder.join(short_hash(piece.as_bytes()));
        let seal = Seal::new(SEAL, piece.as_bytes());
        if let Some(bytes) = seal.read(&path) {
            tracing::info!(piece, "reusing the result of an earlier run");
            return Ok(bytes);
        }
        let bytes = work()?;
        seal.write(path, |file| Ok(file.write_all(&bytes)?))?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_computed_once_and_again_when_it_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let open = |key: &Key, threads| Pieces::open(folder.path(), key, threads).unwrap();
        let key = Key::default();
        let made = |pieces: &Pieces| {
            let mut made = false;
            let found = pieces.remember("piece 1", || {
                made = true;
                Ok(b"abc".to_vec())
            });
            assert_eq!(found.unwrap(), b"abc");
            made
        };
        assert!(made(&open(&key, 2)));
        assert!(!made(&open(&key, 2)), "the next run reuses it");
        let inside = std::fs::read_dir(folder.path().join(FOLDER)).unwrap().next().unwrap().unwrap().path();
        let file = std::fs::read_dir(inside).unwrap().next().unwrap().unwrap().path();
        let mut bytes = std::fs::read(&file).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&file, &bytes).unwrap();
        assert!(made(&open(&key, 2)), "damaged");
        std::fs::write(&file, &bytes[..9]).unwrap();
        assert!(made(&open(&key, 2)), "truncated");
        assert!(made(&open(&key, 1)), "another number of threads can give other bits");
        assert!(made(&open(&Key { format: 9, ..Key::default() }, 1)), "another key");
        assert_eq!(
            std::fs::read_dir(folder.path().join(FOLDER)).unwrap().count(),
            1,
            "pieces of other runs are removed"
        );
        let failed = open(&key, 2).remember("piece 2", || anyhow::bail!("no"));
        assert!(failed.is_err());
        assert!(open(&key, 2).remember("piece 2", || Ok(vec![])).unwrap().is_empty(), "a failure is not kept");
    }
}
