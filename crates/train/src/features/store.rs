//! The files with the features of one cut.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use pipeline::HintExt;
use rayon::prelude::*;

use super::shard::{EXTENSION, Key, Shard};

/// Approximate size of the records in one file, in bytes. A killed run loses at most the features of one file.
const FILE_BYTES: usize = 16 << 20;
/// Maximum number of records in one file. Small records can take long to compute too.
const FILE_RECORDS: usize = 256;

/// The position of a record: the index of its file, and its index in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RecordPlace {
    shard: usize,
    record: usize,
}

/// The records of one cut, each of `length` bytes, in the files of one folder.
#[derive(Debug)]
pub(super) struct Store {
    folder: PathBuf,
    length: usize,
    shards: Vec<Shard>,
    index: BTreeMap<Key, RecordPlace>,
    /// Files that were damaged. [`Store::open`] has removed them.
    pub damaged: Vec<PathBuf>,
}

impl Store {
    /// Opens all whole files in `folder`. Removes damaged files and the temporary files of a killed run.
    pub fn open(folder: &Path, length: usize) -> Result<Self> {
        fs_err::create_dir_all(folder).hint_write()?;
        let mut store =
            Self { folder: folder.to_owned(), length, shards: vec![], index: BTreeMap::new(), damaged: vec![] };
        let mut paths: Vec<PathBuf> =
            fs_err::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
        paths.sort();
        let opened: Vec<_> = paths.into_par_iter().map(|path| (Shard::open(&path, length), path)).collect();
        for (shard, path) in opened {
            if let Some(shard) = shard {
                store.add(shard);
                continue;
            }
            pipeline::remove(&path)?;
            if path.extension().is_some_and(|extension| extension == EXTENSION) {
                store.damaged.push(path);
            }
        }
        Ok(store)
    }

    /// Returns the folder of the files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the position of the record of `key`.
    pub fn place(&self, key: &Key) -> Option<RecordPlace> {
        self.index.get(key).copied()
    }

    /// Returns a record.
    pub fn record(&self, place: RecordPlace) -> &[u8] {
        self.shards[place.shard].record(place.record)
    }

    /// Returns the items of `wanted` without a record, each key once.
    pub fn missing<T: Copy>(&self, wanted: &[(Key, T)]) -> Vec<(Key, T)> {
        let mut seen = BTreeSet::new();
        wanted.iter().filter(|(key, _)| !self.index.contains_key(key) && seen.insert(*key)).copied().collect()
    }

    /// Returns the bytes that `count` more records take on the disk.
    pub fn need(&self, count: usize) -> u64 {
        (count * (self.length + size_of::<Key>())) as u64 + 4096 * count.div_ceil(self.per_file()) as u64
    }

    /// Computes the `missing` records with `make` and writes them, one file at a time. `make` returns the records of some
    /// items, one after another. An error keeps the files that are already written.
    pub fn fill<T: Copy>(&mut self, missing: &[(Key, T)], mut make: impl FnMut(&[T]) -> Result<Vec<u8>>) -> Result<()> {
        for part in missing.chunks(self.per_file()) {
            let (keys, things): (Vec<Key>, Vec<T>) = part.iter().copied().unzip();
            let path = Shard::write(&self.folder, &keys, &make(&things)?)?;
            self.reopen(&path)?;
        }
        Ok(())
    }

    /// Removes the records that are not in `used` from the disk: whole files, and single records from the other files.
    /// The open files stay readable.
    pub fn keep(&self, used: &BTreeSet<Key>) -> Result<()> {
        for (number, shard) in self.shards.iter().enumerate() {
            // A record that is in two files stays in one of them.
            let lives = |record: usize, key: &Key| {
                used.contains(key) && self.place(key) == Some(RecordPlace { shard: number, record })
            };
            let live: Vec<usize> =
                (0..shard.keys.len()).filter(|record| lives(*record, &shard.keys[*record])).collect();
            if live.len() == shard.keys.len() {
                continue;
            }
            if !live.is_empty() {
                let keys: Vec<Key> = live.iter().map(|record| shard.keys[*record]).collect();
                let data: Vec<u8> = live.iter().flat_map(|record| shard.record(*record)).copied().collect();
                Shard::write(&self.folder, &keys, &data)?;
            }
            pipeline::remove(&shard.path)?;
        }
        Ok(())
    }

    fn per_file(&self) -> usize {
        let fit = (FILE_BYTES / self.length.max(1)).clamp(1, FILE_RECORDS);
        // The result is a multiple of the trunk's batch size (32 or 64) when a batch fits into a file.
        [64, 32].into_iter().find(|whole| fit >= *whole).map_or(fit, |whole| fit / whole * whole)
    }

    fn add(&mut self, shard: Shard) {
        for (record, key) in shard.keys.iter().enumerate() {
            self.index.insert(*key, RecordPlace { shard: self.shards.len(), record });
        }
        self.shards.push(shard);
    }

    /// Opens a file that was just written, so that later reads come from the disk.
    fn reopen(&mut self, path: &Path) -> Result<()> {
        let shard = Shard::open(path, self.length);
        self.add(shard.with_context(|| format!("{} differs from what was written to it", path.display()))?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: usize = 12;

    fn key(of: u16) -> Key {
        *blake3::hash(&of.to_le_bytes()).as_bytes()
    }

    fn wanted(of: std::ops::Range<u16>) -> Vec<(Key, u16)> {
        of.map(|thing| (key(thing), thing)).collect()
    }

    fn records(things: &[u16]) -> Vec<u8> {
        things.iter().flat_map(|thing| thing.to_le_bytes().repeat(LENGTH / 2)).collect()
    }

    /// Fills the store and returns the items that were computed.
    fn fill(folder: &Path, of: std::ops::Range<u16>) -> Vec<u16> {
        let mut store = Store::open(folder, LENGTH).unwrap();
        let (wanted, mut made) = (wanted(of), vec![]);
        let missing = store.missing(&wanted);
        store
            .fill(&missing, |things| {
                made.extend(things);
                Ok(records(things))
            })
            .unwrap();
        for (key, thing) in &wanted {
            assert_eq!(store.record(store.place(key).unwrap()), records(&[*thing]));
        }
        made
    }

    #[test]
    fn only_missing_records_are_computed() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(fill(folder.path(), 0..600).len(), 600);
        assert!(fill(folder.path(), 0..600).is_empty());
        assert_eq!(fill(folder.path(), 0..610), (600..610).collect::<Vec<_>>());
        assert!(fill(folder.path(), 5..300).is_empty());
    }

    #[test]
    fn a_run_resumes_after_the_last_file_of_a_stopped_run() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path(), LENGTH).unwrap();
        let stopped = store.fill(&wanted(0..1000), |things| {
            anyhow::ensure!(things[0] < 600, "stopped");
            Ok(records(things))
        });
        assert!(stopped.is_err());
        std::fs::write(folder.path().join(".tmp-half"), b"half").unwrap();
        drop(store);
        assert_eq!(fill(folder.path(), 0..1000), (768..1000).collect::<Vec<_>>());
        assert!(!folder.path().join(".tmp-half").exists());
    }

    #[test]
    fn the_records_of_a_damaged_file_are_computed_again() {
        let folder = tempfile::tempdir().unwrap();
        fill(folder.path(), 0..600);
        let store = Store::open(folder.path(), LENGTH).unwrap();
        let file = store.shards.iter().find(|shard| shard.keys[0] == key(256)).unwrap().path.clone();
        drop(store);
        let bytes = std::fs::read(&file).unwrap();
        std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
        assert_eq!(Store::open(folder.path(), LENGTH).unwrap().damaged, [file]);
        assert_eq!(fill(folder.path(), 0..600), (256..512).collect::<Vec<_>>());
    }

    #[test]
    fn unused_records_are_removed_and_the_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        fill(folder.path(), 0..600);
        let used: BTreeSet<Key> = (100..300).chain(590..600).map(key).collect();
        Store::open(folder.path(), LENGTH).unwrap().keep(&used).unwrap();
        let store = Store::open(folder.path(), LENGTH).unwrap();
        assert_eq!(store.index.keys().copied().collect::<BTreeSet<_>>(), used);
        assert_eq!(store.damaged, Vec::<PathBuf>::new());
        drop(store);
        assert!(fill(folder.path(), 100..300).is_empty());
    }

    #[test]
    fn a_key_that_is_listed_twice_is_computed_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), LENGTH).unwrap();
        let twice = [wanted(0..5), wanted(3..8)].concat();
        assert_eq!(store.missing(&twice), wanted(0..8));
    }
}
