//! A file of values: records of one length, each under the key of the picture that it was made from.
//!
//! ```text
//! magic 24 bytes | records u64 | bytes of a record u64 | keys, 32 bytes each | records | BLAKE3 of all before, 32 bytes
//! ```
//! Numbers are little-endian. A file appears whole or not at all, and one whose hash is not that of its bytes is not
//! read.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use pipeline::{AtomicFile, HintExt};
use runtime::Mapped;

/// What a record is known by.
pub(super) type Key = [u8; 32];

const MAGIC: &[u8; 24] = b"tunescope features 1\n\0\0\0";
const HEAD: usize = MAGIC.len() + 16;
const HASH: usize = 32;
/// The ending of a file's name.
pub(super) const ENDING: &str = "shard";

/// An open file of values.
#[derive(Debug)]
pub(super) struct Shard {
    pub path: PathBuf,
    pub keys: Vec<Key>,
    length: usize,
    bytes: Mapped,
}

impl Shard {
    /// Writes a file below `folder`, named by its `keys`; `data` holds a record for each key, one after another.
    pub fn write(folder: &Path, keys: &[Key], data: &[u8]) -> Result<PathBuf> {
        let keys = keys.as_flattened();
        let path = folder.join(format!("{}.{ENDING}", pipeline::short_hash(keys)));
        let records = keys.len() / size_of::<Key>();
        let mut hasher = blake3::Hasher::new();
        let mut write = || -> Result<()> {
            let mut file = AtomicFile::create(&path)?;
            let length = (data.len() / records.max(1)) as u64;
            for part in [MAGIC.as_slice(), &(records as u64).to_le_bytes(), &length.to_le_bytes(), keys, data] {
                hasher.update(part);
                file.write_all(part)?;
            }
            file.write_all(hasher.finalize().as_bytes())?;
            file.commit()
        };
        write()
            .with_context(|| {
                format!("cannot write {} ({} bytes)", path.display(), HEAD + keys.len() + data.len() + HASH)
            })
            .hint("is the disk full, or the folder read-only?")?;
        Ok(path)
    }

    /// Opens the file at `path` if it is whole, and its records have `length` bytes.
    pub fn open(path: &Path, length: usize) -> Option<Self> {
        if !is_whole(path).unwrap_or(false) {
            return None;
        }
        let bytes = Mapped::open(path).ok()?;
        let number = |at: usize| Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?) as usize);
        let (records, found) = (number(MAGIC.len())?, number(MAGIC.len() + 8)?);
        let keys = bytes.get(HEAD..HEAD.checked_add(records.checked_mul(size_of::<Key>())?)?)?;
        let keys = keys.as_chunks().0.to_vec();
        let size = records.checked_mul(length)?.checked_add(HEAD + records * size_of::<Key>() + HASH)?;
        (bytes.starts_with(MAGIC) && found == length && bytes.len() == size).then(|| Self {
            path: path.to_owned(),
            keys,
            length,
            bytes,
        })
    }

    /// The record of the key at `place`.
    pub fn record(&self, place: usize) -> &[u8] {
        let at = HEAD + self.keys.len() * size_of::<Key>() + place * self.length;
        &self.bytes[at..at + self.length]
    }
}

/// Whether the file ends with the hash of what comes before.
///
/// It is read and not mapped: a mapped page counts as the process's memory once it was looked at.
fn is_whole(path: &Path) -> std::io::Result<bool> {
    let mut file = File::open(path)?;
    let Some(length) = file.metadata()?.len().checked_sub(HASH as u64) else { return Ok(false) };
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader((&mut file).take(length))?;
    let mut said = [0; HASH];
    file.read_exact(&mut said)?;
    Ok(hasher.finalize() == said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_anywhere_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let keys: Vec<Key> = (0..3).map(|key| [key; 32]).collect();
        let data: Vec<u8> = (0..3 * 20).collect();
        let path = Shard::write(folder.path(), &keys, &data).unwrap();
        let shard = Shard::open(&path, 20).unwrap();
        assert_eq!(shard.keys, keys);
        assert_eq!(shard.record(1), &data[20..40]);
        assert!(Shard::open(&path, 10).is_none(), "records of another length");
        let whole = std::fs::read(&path).unwrap();
        let other = folder.path().join("other");
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            std::fs::write(&other, &damaged).unwrap();
            assert!(Shard::open(&other, 20).is_none(), "byte {at} differs");
            std::fs::write(&other, &whole[..at]).unwrap();
            assert!(Shard::open(&other, 20).is_none(), "{at} bytes only");
        }
        std::fs::write(&other, &whole).unwrap();
        assert!(Shard::open(&other, 20).is_some());
    }
}
