//! A file of features: records of one length, each under the key of the image that it was computed from.
//!
//! The content of the file is [`Content`] as `postcard` writes it, sealed ([`Seal`]). A file is memory-mapped, so a data
//! set does not have to fit into memory.

use std::path::{Path, PathBuf};

use anyhow::Result;
use pipeline::Seal;
use runtime::Mapped;
use serde::{Deserialize, Serialize, Serializer};

/// The key of a record: a hash of the image and of its augmentation.
pub(super) type Key = [u8; 32];

/// The purpose of the file. It changes whenever the form of the file changes.
const SEAL: &str = "tunescope features 2";
/// The extension of the file.
pub(super) const EXTENSION: &str = "features";

/// The content of the file. The records come last, so they end where the seal begins.
#[derive(Serialize, Deserialize)]
struct Content<'a> {
    keys: Vec<Key>,
    /// One record for each key, one after another.
    #[serde(borrow, serialize_with = "as_bytes")]
    records: &'a [u8],
}

/// An open file of features.
#[derive(Debug)]
pub(super) struct Shard {
    pub path: PathBuf,
    pub keys: Vec<Key>,
    /// Bytes of a record.
    length: usize,
    /// Place of the first record in the file.
    first: usize,
    bytes: Mapped,
}

impl Shard {
    /// Writes a file below `folder`, named by its `keys`. `records` holds one record for each key, one after another.
    pub fn write(folder: &Path, keys: &[Key], records: &[u8]) -> Result<PathBuf> {
        let path = folder.join(format!("{}.{EXTENSION}", pipeline::short_hash(keys.as_flattened())));
        let content = Content { keys: keys.to_vec(), records };
        Seal::new(SEAL, &[]).write(&path, |file| {
            postcard::to_io(&content, file)?;
            Ok(())
        })?;
        Ok(path)
    }

    /// Opens the file at `path`. Returns `None` when it is damaged, or its records do not have `length` bytes.
    pub fn open(path: &Path, length: usize) -> Option<Self> {
        if !Seal::new(SEAL, &[]).is_whole(path).ok()? {
            return None;
        }
        let bytes = Mapped::open(path).ok()?;
        let end = bytes.len().checked_sub(Seal::HASH)?;
        let Content { keys, records } = postcard::from_bytes(&bytes[..end]).ok()?;
        let first = end.checked_sub(records.len())?;
        let fits = records.len() == keys.len().checked_mul(length)?;
        fits.then(|| Self { path: path.to_owned(), keys, length, first, bytes })
    }

    /// Returns the record of the key with index `place`.
    pub fn record(&self, place: usize) -> &[u8] {
        let start = self.first + place * self.length;
        &self.bytes[start..start + self.length]
    }
}

/// Serializes `bytes` as one block. Serde writes a slice value by value, which is much slower.
fn as_bytes<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_file_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let keys: Vec<Key> = (0..3).map(|key| [key; 32]).collect();
        let data: Vec<u8> = (0..3 * 20).collect();
        let path = Shard::write(folder.path(), &keys, &data).unwrap();
        let shard = Shard::open(&path, 20).unwrap();
        assert_eq!(shard.keys, keys);
        for (place, record) in data.chunks(20).enumerate() {
            assert_eq!(shard.record(place), record);
        }
        assert!(Shard::open(&path, 10).is_none(), "records of another length");
        let whole = std::fs::read(&path).unwrap();
        let other = folder.path().join("other");
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            std::fs::write(&other, &damaged).unwrap();
            assert!(Shard::open(&other, 20).is_none(), "byte {at}");
            std::fs::write(&other, &whole[..at]).unwrap();
            assert!(Shard::open(&other, 20).is_none(), "{at} bytes only");
        }
        std::fs::write(&other, &whole).unwrap();
        assert!(Shard::open(&other, 20).is_some());
    }
}
