//! One stage's folder below `artifacts/`: its lock, its manifest, and whether it is up to date.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use serde::{Deserialize, Serialize};

use crate::config::{self, Root};
use crate::manifest::locate;
use crate::{HintExt, Key, Manifest, files, write_atomic};

/// The folder of one stage.
#[derive(Debug, Clone)]
pub struct StageFolder {
    name: String,
    path: PathBuf,
    elsewhere: &'static [(&'static str, &'static str)],
}

/// `stage.lock.json`, which says that a stage has finished. A run removes it first and writes it last.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Lock {
    /// The name of the stage.
    pub stage: String,
    /// The hash of `key`.
    pub key_hash: String,
    /// Everything that the outputs depend on.
    pub key: Key,
    /// BLAKE3 of `manifest.csv`, which stands for all outputs.
    pub manifest: String,
    /// When, where and with what the stage ran. Not part of the key.
    pub recorded: BTreeMap<String, String>,
}

impl Lock {
    /// The name of the file.
    pub const FILE: &'static str = "stage.lock.json";
}

/// Whether the outputs of a stage are current.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum State {
    UpToDate,
    /// The reasons to run, one line each.
    Stale(Vec<String>),
}

const CONFIG: &str = "config.resolved.toml";
pub(crate) const LOG: &str = "log.jsonl";
/// Says that a stage created the folder and may empty it. Its content is the name of the stage.
const MARKER: &str = ".tunescope-stage";
/// Files of the artifact contract itself. They are not outputs.
const CONTRACT: [&str; 4] = [Lock::FILE, CONFIG, LOG, Manifest::FILE];

impl StageFolder {
    /// Returns the folder of the stage `name` below `artifacts`.
    pub fn new(artifacts: &Path, name: &str) -> Self {
        Self { name: name.to_owned(), path: artifacts.join(name), elsewhere: &[] }
    }

    /// Returns the folder of a stage that also has `files` in the folders of other stages: the other stage and the file.
    pub(crate) fn with_outputs_elsewhere(self, files: &'static [(&'static str, &'static str)]) -> Self {
        Self { elsewhere: files, ..self }
    }

    /// Returns the path of the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the lock, or `None` when the stage has not finished or its lock cannot be read.
    pub fn lock(&self) -> Option<Lock> {
        let text = std::fs::read_to_string(self.path.join(Lock::FILE)).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Reads the lock. `None` when the stage has not finished.
    ///
    /// # Errors
    /// Returns an error when the lock is damaged.
    pub fn read_lock(&self) -> Result<Option<Lock>> {
        let path = self.path.join(Lock::FILE);
        if !path.exists() {
            return Ok(None);
        }
        let lock = serde_json::from_slice(&fs_err::read(&path)?);
        let damaged = || format!("{} is damaged", path.display());
        lock.map(Some).with_context(damaged).hint(format!("run `just {} --force`", self.name))
    }

    /// Reads the part of the configuration that the finished stage was run with, as TOML.
    pub fn configuration(&self) -> Result<String> {
        fs_err::read_to_string(self.path.join(CONFIG)).hint(format!("run `just {} --force`", self.name))
    }

    /// Returns the manifest that `lock` stands for.
    ///
    /// # Errors
    /// Returns an error when the manifest is missing, damaged or altered.
    fn manifest(&self, lock: &Lock) -> Result<Manifest> {
        let path = self.path.join(Manifest::FILE);
        let text = fs_err::read_to_string(&path)?;
        if blake3::hash(text.as_bytes()).to_hex().as_str() != lock.manifest {
            return Err(anyhow!("{} was altered", path.display()));
        }
        Manifest::from_csv(&text, &path)
    }

    /// Returns whether the outputs on disk belong to `key`.
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

    /// Returns the hash that stands for this stage's outputs, for a stage that reads them.
    ///
    /// # Errors
    /// Returns an error when the stage has not finished, or when an output has changed since.
    pub(crate) fn outputs_hash(&self) -> Result<String> {
        let again = || format!("run `just {}` first", self.name);
        let lock = self
            .lock()
            .ok_or_else(|| anyhow!("{} has not finished: {} has no {}", self.name, self.path.display(), Lock::FILE))
            .hint(again())?;
        let fault = self.manifest(&lock).hint(again())?.first_fault(&self.path);
        match fault {
            None => Ok(lock.manifest),
            Some(fault) => Err(anyhow!("{fault} since {} wrote it", self.name)).hint(again()),
        }
    }

    /// Returns a line for each key of `config` that has changed since the `stages`, and the stages that they read, last
    /// ran. A stage that has not finished contributes nothing.
    pub(crate) fn outdated<R: Root>(config: &R, stages: &[&str]) -> Vec<String> {
        let mut lines = Vec::new();
        for name in stages {
            let Some(lock) = Self::new(&config.environment().artifacts, name).lock() else { continue };
            let above: Vec<&str> = lock.key.upstream.keys().map(String::as_str).collect();
            lines.extend(Self::outdated(config, &above));
            let was = &lock.key.config;
            for (key, was) in was {
                let now = config::get(config, key).ok().flatten();
                if now.as_ref() != Some(was) {
                    lines.push(format!("{name} ran with {key} = {was}, now {}", now.as_deref().unwrap_or("(none)")));
                }
            }
            // A list of tables can have grown.
            let lists: BTreeSet<&str> = was.keys().filter_map(|key| Some(key.split_once(".0.")?.0)).collect();
            let all = config::flatten(config).unwrap_or_default();
            let in_list =
                |key: &str| lists.iter().any(|list| key.strip_prefix(list).is_some_and(|rest| rest.starts_with('.')));
            let added = all.iter().filter(|(key, _)| in_list(key) && !was.contains_key(*key));
            lines.extend(added.map(|(key, now)| format!("{name} ran with {key} = (none), now {now}")));
        }
        // Two stages can read the same third stage.
        let mut seen = BTreeSet::new();
        lines.retain(|line| seen.insert(line.clone()));
        lines
    }

    /// Rejects a folder that no stage of this name created, so that a run never deletes the user's own files.
    ///
    /// A folder belongs to the stage when it does not exist yet, is empty, or holds the marker or the lock of the stage.
    pub(crate) fn check_owner(&self) -> Result<()> {
        if !self.path.exists() {
            return Ok(());
        }
        let choose = "move its content elsewhere, or choose another folder with --set artifacts=FOLDER";
        if !self.path.is_dir() {
            return Err(anyhow!("{} is a file, and the stage {} needs a folder there", self.path.display(), self.name))
                .hint(choose);
        }
        let marked = std::fs::read_to_string(self.path.join(MARKER)).is_ok_and(|text| text.trim() == self.name);
        let locked = || self.lock().is_some_and(|lock| lock.stage == self.name);
        let empty = || fs_err::read_dir(&self.path).is_ok_and(|mut entries| entries.next().is_none());
        if marked || locked() || empty() {
            return Ok(());
        }
        Err(anyhow!("{} was not created by the stage {} and is not empty", self.path.display(), self.name))
            .context("the stage empties its folder before it runs")
            .hint(choose)
    }

    /// Unlocks the folder and empties it, except for the sub-folders named in `keep`. Removes the outputs in other folders.
    ///
    /// # Errors
    /// Returns an error and changes nothing when the folder is not the stage's own.
    pub(crate) fn begin(&self, keep: &[&str]) -> Result<()> {
        self.check_owner()?;
        fs_err::create_dir_all(&self.path).hint("is the folder read-only?")?;
        write_atomic(self.path.join(MARKER), format!("{}\n", self.name).as_bytes())?;
        let lock = self.path.join(Lock::FILE);
        if lock.exists() {
            fs_err::remove_file(&lock).hint("is the folder read-only?")?;
            files::sync(&self.path)?;
        }
        for path in self.outputs_elsewhere().map(|path| locate(&self.path, &path)).filter(|path| path.exists()) {
            fs_err::remove_file(path)?;
        }
        for entry in fs_err::read_dir(&self.path)? {
            let entry = entry?;
            if entry.file_name() == MARKER || keep.iter().any(|kept| entry.file_name() == *kept) {
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

    /// The outputs in other folders, relative to this folder.
    fn outputs_elsewhere(&self) -> impl Iterator<Item = String> + use<> {
        self.elsewhere.iter().map(|(stage, file)| format!("../{stage}/{file}"))
    }

    /// Removes sub-folders that are no longer of use.
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
        let mut manifest = Manifest::of(&self.path, &skip, true)?;
        for path in self.outputs_elsewhere() {
            manifest.add(&self.path, path)?;
        }
        let manifest = manifest.to_csv()?;
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
        write_atomic(self.path.join(Lock::FILE), text.as_bytes())?;
        files::sync(&self.path)
    }
}

#[cfg(test)]
mod tests;
