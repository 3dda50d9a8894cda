//! One stage's folder below `artifacts/`: its lock, its manifest, and what state it is in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use serde::{Deserialize, Serialize};

use crate::{Config, HintExt, Key, Manifest, files, write_atomic};

/// The folder of one stage.
#[derive(Debug, Clone)]
pub struct StageFolder {
    name: String,
    path: PathBuf,
}

/// `stage.lock.json`: written last, removed first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Lock {
    pub stage: String,
    pub key_hash: String,
    pub key: Key,
    /// BLAKE3 of `manifest.csv`: stands for all outputs.
    pub manifest: String,
    /// When, where and by what; never part of the key.
    pub recorded: BTreeMap<String, String>,
}

/// Whether a stage has to run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum State {
    UpToDate,
    /// Why not, a line for each reason.
    Stale(Vec<String>),
}

const LOCK: &str = "stage.lock.json";
const CONFIG: &str = "config.resolved.toml";
pub(crate) const LOG: &str = "log.jsonl";
/// Files of the contract itself: no outputs.
const CONTRACT: [&str; 4] = [LOCK, CONFIG, LOG, Manifest::FILE];

impl StageFolder {
    /// The folder of the stage `name` below `artifacts`.
    pub fn new(artifacts: &Path, name: &str) -> Self {
        Self { name: name.to_owned(), path: artifacts.join(name) }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The lock, or `None` when the stage has not finished (or its lock cannot be read).
    pub(crate) fn lock(&self) -> Option<Lock> {
        let text = std::fs::read_to_string(self.path.join(LOCK)).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// The manifest that the lock stands for, or why there is none to trust.
    fn manifest(&self, lock: &Lock) -> Result<Manifest> {
        let path = self.path.join(Manifest::FILE);
        let text = fs_err::read_to_string(&path)?;
        if blake3::hash(text.as_bytes()).to_hex().as_str() != lock.manifest {
            return Err(anyhow!("{} was altered", path.display()));
        }
        Manifest::from_csv(&text, &path)
    }

    /// Whether the outputs on disk are those of `key`.
    pub(crate) fn state(&self, key: &Key) -> State {
        let Some(lock) = self.lock() else {
            let reason = if self.path.join(LOG).exists() { "the last run did not finish" } else { "first run" };
            return State::Stale(vec![reason.to_owned()]);
        };
        let changes = key.changes_since(&lock.key);
        if !changes.is_empty() {
            return State::Stale(changes);
        }
        match self.manifest(&lock).map(|manifest| manifest.first_fault(&self.path)) {
            Ok(None) => State::UpToDate,
            Ok(Some(fault)) => State::Stale(vec![fault]),
            Err(error) => State::Stale(vec![error.to_string()]),
        }
    }

    /// The hash that stands for this stage's outputs, for a stage that reads them.
    ///
    /// An error when it has not finished, or when an output is not what it wrote.
    pub(crate) fn outputs_hash(&self) -> Result<String> {
        let again = || format!("run `just {}` first", self.name);
        let lock = self
            .lock()
            .ok_or_else(|| anyhow!("{} has not finished: {} has no {LOCK}", self.name, self.path.display()))
            .hint(again())?;
        let fault = self.manifest(&lock).hint(again())?.first_fault(&self.path);
        match fault {
            None => Ok(lock.manifest),
            Some(fault) => Err(anyhow!("{fault} since {} wrote it", self.name)).hint(again()),
        }
    }

    /// What in `config` is not as it was when the `stages`, and those that they read, last ran: a line for each.
    ///
    /// A stage that has not finished has none.
    pub(crate) fn outdated(config: &Config, stages: &[&str]) -> Vec<String> {
        let mut lines = Vec::new();
        for name in stages {
            let Some(lock) = Self::new(&config.artifacts, name).lock() else { continue };
            let above: Vec<&str> = lock.key.upstream.keys().map(String::as_str).collect();
            lines.extend(Self::outdated(config, &above));
            let was = &lock.key.config;
            for (key, was) in was {
                let now = config.flat(&[key]).ok().and_then(|mut found| found.remove(key));
                if now.as_ref() != Some(was) {
                    lines.push(format!("{name} ran with {key} = {was}, now {}", now.as_deref().unwrap_or("(none)")));
                }
            }
            // Lists of sections may have grown.
            let lists: BTreeSet<&str> = was.keys().filter_map(|key| Some(key.split_once(".0.")?.0)).collect();
            let longer = lists.iter().filter_map(|list| config.flat(&[list]).ok()).flatten();
            let added = longer.filter(|(key, _)| !was.contains_key(key));
            lines.extend(added.map(|(key, now)| format!("{name} ran with {key} = (none), now {now}")));
        }
        // Two stages may read the same third.
        let mut seen = BTreeSet::new();
        lines.retain(|line| seen.insert(line.clone()));
        lines
    }

    /// Unlocks the folder and empties it, but for the sub-folders named in `keep`.
    pub(crate) fn begin(&self, keep: &[&str]) -> Result<()> {
        fs_err::create_dir_all(&self.path).hint("is the folder read-only?")?;
        let lock = self.path.join(LOCK);
        if lock.exists() {
            fs_err::remove_file(&lock).hint("is the folder read-only?")?;
            files::sync(&self.path)?;
        }
        for entry in fs_err::read_dir(&self.path)? {
            let entry = entry?;
            if keep.iter().any(|kept| entry.file_name() == *kept) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                fs_err::remove_dir_all(entry.path())?;
            } else {
                fs_err::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Takes away sub-folders that are of use no more.
    pub(crate) fn remove(&self, folders: &[&str]) -> Result<()> {
        for path in folders.iter().map(|name| self.path.join(name)).filter(|path| path.exists()) {
            fs_err::remove_dir_all(path)?;
        }
        Ok(())
    }

    /// Hashes the outputs, writes the manifest and the resolved configuration, then the lock.
    pub(crate) fn finish(
        &self,
        key: &Key,
        keep: &[&str],
        resolved: &str,
        recorded: BTreeMap<String, String>,
    ) -> Result<()> {
        let skip: Vec<&str> = CONTRACT.iter().chain(keep).copied().collect();
        let manifest = Manifest::of(&self.path, &skip, true)?.to_csv()?;
        write_atomic(self.path.join(CONFIG), resolved.as_bytes())?;
        write_atomic(self.path.join(Manifest::FILE), manifest.as_bytes())?;
        files::sync(&self.path.join(CONFIG))?;
        files::sync(&self.path.join(Manifest::FILE))?;
        files::sync(&self.path)?;
        let lock = Lock {
            stage: self.name.clone(),
            key_hash: key.hash(),
            key: key.clone(),
            manifest: blake3::hash(manifest.as_bytes()).to_hex().to_string(),
            recorded,
        };
        let text = serde_json::to_string_pretty(&lock).context("cannot write the lock")? + "\n";
        write_atomic(self.path.join(LOCK), text.as_bytes())?;
        files::sync(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(artifacts: &Path, key: &Key) -> StageFolder {
        let folder = StageFolder::new(artifacts, "scrape");
        folder.begin(&[]).unwrap();
        write_atomic(folder.path().join("images/a.txt"), b"a").unwrap();
        folder.finish(key, &[], "seed = 1\n", BTreeMap::new()).unwrap();
        folder
    }

    #[test]
    fn up_to_date_until_an_input_or_an_output_changes() {
        let artifacts = tempfile::tempdir().unwrap();
        let key = Key { format: 1, ..Key::default() };
        let folder = finished(artifacts.path(), &key);
        assert_eq!(folder.state(&key), State::UpToDate);
        let other = Key { format: 2, ..Key::default() };
        assert_eq!(folder.state(&other), State::Stale(vec!["format version: 1 -> 2".into()]));
        std::fs::write(folder.path().join("images/a.txt"), "b").unwrap();
        assert!(matches!(folder.state(&key), State::Stale(why) if why[0].contains("a.txt was altered")));
    }

    #[test]
    fn a_damaged_lock_or_manifest_makes_the_stage_run() {
        let artifacts = tempfile::tempdir().unwrap();
        let key = Key::default();
        for file in [LOCK, Manifest::FILE] {
            let folder = finished(artifacts.path(), &key);
            let path = folder.path().join(file);
            let text = std::fs::read(&path).unwrap();
            std::fs::write(&path, &text[..text.len() / 2]).unwrap();
            assert!(matches!(folder.state(&key), State::Stale(_)), "{file}");
            assert!(folder.outputs_hash().is_err(), "{file}");
        }
    }

    #[test]
    fn the_same_outputs_have_the_same_hash_whatever_made_them() {
        let artifacts = tempfile::tempdir().unwrap();
        let first = finished(artifacts.path(), &Key::default()).outputs_hash().unwrap();
        let key = Key { format: 9, ..Key::default() };
        let second = finished(artifacts.path(), &key).outputs_hash().unwrap();
        assert_eq!(first, second);
    }

    #[test]
    fn begin_keeps_the_caches_alone() {
        let artifacts = tempfile::tempdir().unwrap();
        let folder = finished(artifacts.path(), &Key::default());
        write_atomic(folder.path().join("features/cache"), b"1").unwrap();
        folder.begin(&["features"]).unwrap();
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["features"]);
        assert!(folder.outputs_hash().is_err());
    }
}
