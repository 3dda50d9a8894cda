//! Pieces of long work that a stopped or killed run leaves to the next.
//!
//! ```text
//! artifacts/<stage>/pieces/<all that the results depend on>/<what the piece is>
//! BLAKE3 of what follows, 32 bytes; then what the work gave, as it is
//! ```
//! The folder is named by the stage's key and the number of threads, so a piece is only ever taken up by a run that would
//! have made the same bytes. It goes when the stage has its lock.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::{Key, short_hash, write_atomic};

/// The stage's sub-folder, to be named in [`Stage::CHECKPOINTS`](crate::Stage::CHECKPOINTS).
pub const FOLDER: &str = "pieces";
const HASH: usize = 32;

/// Where the pieces of one run lie.
#[derive(Debug, Clone)]
pub(crate) struct Pieces {
    folder: PathBuf,
}

impl Pieces {
    /// The pieces of the run that `key` and `threads` stand for, below the stage's folder. What other runs left is
    /// removed.
    pub(crate) fn open(stage: &Path, key: &Key, threads: usize) -> Result<Self> {
        let name = short_hash(format!("{} {threads}", key.hash()).as_bytes());
        let above = stage.join(FOLDER);
        if above.is_dir() {
            for entry in fs_err::read_dir(&above)? {
                let path = entry?.path();
                if path.file_name().is_some_and(|found| *found != *name) {
                    if path.is_dir() { fs_err::remove_dir_all(path)? } else { fs_err::remove_file(path)? }
                }
            }
        }
        Ok(Self { folder: above.join(name) })
    }

    /// What `work` gave for `piece` in an earlier run; otherwise what it gives now, which is kept.
    pub(crate) fn remember(&self, piece: &str, work: impl FnOnce() -> Result<Vec<u8>>) -> Result<Vec<u8>> {
        let path = self.folder.join(short_hash(piece.as_bytes()));
        if let Ok(found) = std::fs::read(&path)
            && let Some((hash, bytes)) = found.split_at_checked(HASH)
            && *blake3::hash(bytes).as_bytes() == *hash
        {
            tracing::info!(piece, "from an earlier run");
            return Ok(bytes.to_vec());
        }
        let bytes = work()?;
        write_atomic(path, &[blake3::hash(&bytes).as_bytes(), bytes.as_slice()].concat())?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_made_once_and_again_when_it_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let open = |key: &Key, threads| Pieces::open(folder.path(), key, threads).unwrap();
        let key = Key::default();
        let made = |pieces: &Pieces| {
            let mut made = false;
            let found = pieces.remember("picture 1", || {
                made = true;
                Ok(b"abc".to_vec())
            });
            assert_eq!(found.unwrap(), b"abc");
            made
        };
        assert!(made(&open(&key, 2)));
        assert!(!made(&open(&key, 2)), "the next run finds it");
        let inside = std::fs::read_dir(folder.path().join(FOLDER)).unwrap().next().unwrap().unwrap().path();
        let file = std::fs::read_dir(inside).unwrap().next().unwrap().unwrap().path();
        let mut bytes = std::fs::read(&file).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&file, &bytes).unwrap();
        assert!(made(&open(&key, 2)), "damaged");
        std::fs::write(&file, &bytes[..9]).unwrap();
        assert!(made(&open(&key, 2)), "cut short");
        assert!(made(&open(&key, 1)), "other threads may give other bits");
        assert!(made(&open(&Key { format: 9, ..Key::default() }, 1)), "another key");
        assert_eq!(std::fs::read_dir(folder.path().join(FOLDER)).unwrap().count(), 1, "what others left is gone");
        let failed = open(&key, 2).remember("picture 2", || anyhow::bail!("no"));
        assert!(failed.is_err());
        assert!(open(&key, 2).remember("picture 2", || Ok(vec![])).unwrap().is_empty(), "a failure is not remembered");
    }
}
