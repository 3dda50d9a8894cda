//! One stage's folder below `artifacts/`: its lock, its manifest, and whether it is up to date.
//!
//! - [`owner`]: which folders a stage may change.
//! - [`building`]: a run builds its outputs in a folder of their own.
//! - [`publication`]: the new outputs replace the old ones in one step.
//! - [`swap`]: the system calls that replace a folder.

mod building;
mod owner;
mod publication;
mod swap;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use serde::{Deserialize, Serialize};

use crate::config::{self, Root};
use crate::manifest::Fault;
use crate::{HintExt, Key, Manifest, regular, run_again};

/// The folder of one stage.
#[derive(Debug, Clone)]
pub struct StageFolder {
    name: String,
    path: PathBuf,
    elsewhere: &'static [(&'static str, &'static str)],
}

/// `stage.lock.json`, which says that a stage has finished. A run writes it last.
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

/// The state of the outputs of a stage.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum State {
    UpToDate,
    /// The reasons to run, one line each.
    Stale(Vec<String>),
}

const CONFIG: &str = "config.resolved.toml";
/// The log of the run that made the outputs.
const LOG: &str = "log.jsonl";
/// The log of a run that is in progress, has failed or was stopped.
const UNFINISHED_LOG: &str = "log.unfinished.jsonl";
/// Files of the artifact contract itself. They are not outputs.
const CONTRACT: [&str; 5] = [Lock::FILE, CONFIG, LOG, UNFINISHED_LOG, Manifest::FILE];
/// Bytes of a lock or a manifest that are read at most.
const MOST: u64 = 1 << 30;

/// The sub-folder of the outputs that belong into the folders of other stages: `<stage>/<file>`.
const ELSEWHERE: &str = ".elsewhere";

impl StageFolder {
    /// Returns the folder of the stage `name` below `artifacts`.
    pub fn new(artifacts: &Path, name: &str) -> Self {
        Self { name: name.to_owned(), path: artifacts.join(name), elsewhere: &[] }
    }

    /// Returns the folder of a stage that also writes `files` into the folders of other stages. Each entry names the other stage and the
    /// file.
    pub(crate) fn with_outputs_elsewhere(self, files: &'static [(&'static str, &'static str)]) -> Self {
        Self { elsewhere: files, ..self }
    }

    /// Returns the path of the folder. It holds the outputs of the last finished run, and the caches and checkpoints.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the folder in which a run builds its outputs: `.<stage>.partial` beside the folder.
    pub(crate) fn partial(&self) -> PathBuf {
        self.beside(".partial")
    }

    /// Returns the folder that holds the old outputs for a moment, where two folders cannot be exchanged.
    pub(crate) fn old(&self) -> PathBuf {
        self.beside(".old")
    }

    /// Returns the folders that a run of the stage creates, replaces or removes.
    pub(crate) fn replaced(&self) -> [PathBuf; 3] {
        [self.path.clone(), self.partial(), self.old()]
    }

    /// Returns where the output `file` in the folder of `stage` waits below `outputs` until the run is complete.
    pub(crate) fn elsewhere(outputs: &Path, stage: &str, file: &str) -> PathBuf {
        outputs.join(ELSEWHERE).join(stage).join(file)
    }

    /// Returns the path of the log of a run in progress.
    pub(crate) fn unfinished_log(&self) -> PathBuf {
        self.path.join(UNFINISHED_LOG)
    }

    /// Returns the path of the folder itself, even when the folder does not exist. It differs from [`StageFolder::path`] when that path is
    /// a link.
    fn real(&self) -> PathBuf {
        /// The longest chain of links that Linux follows.
        const LINKS: usize = 40;
        let mut path = self.path.clone();
        for _ in 0..LINKS {
            let Ok(target) = std::fs::read_link(&path) else { break };
            path = path.parent().unwrap_or(Path::new("")).join(target);
        }
        // A link can end in `..`, which is not a name.
        if path.file_name().is_none() { std::fs::canonicalize(&path).unwrap_or(path) } else { path }
    }

    /// Returns a hidden folder beside the folder. Both are in the same file system, so one can replace the other.
    fn beside(&self, ending: &str) -> PathBuf {
        let real = self.real();
        let mut name = OsString::from(".");
        name.push(real.file_name().unwrap_or_default());
        name.push(ending);
        real.with_file_name(name)
    }

    /// Returns the lock, or `None` when the stage has not finished or its lock cannot be read.
    pub fn lock(&self) -> Option<Lock> {
        self.whole_lock().ok().flatten()
    }

    /// Returns the lock, or `None` when the stage has not finished or its lock is damaged.
    ///
    /// # Errors
    /// Returns the error of the system, which names the lock.
    fn whole_lock(&self) -> io::Result<Option<Lock>> {
        match regular::read(&self.path.join(Lock::FILE), MOST) {
            Ok(text) => Ok(serde_json::from_slice(&text).ok()),
            Err(error) => match error.kind() {
                // A folder, a pipe or a very large file in place of the lock is damage.
                ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidInput | ErrorKind::FileTooLarge => {
                    Ok(None)
                }
                _ => Err(error),
            },
        }
    }

    /// Reads the lock. Returns `None` when the stage has not finished.
    ///
    /// # Errors
    /// Returns an error when the lock is damaged or cannot be read.
    pub fn read_lock(&self) -> Result<Option<Lock>> {
        let path = self.path.join(Lock::FILE);
        if !path.exists() {
            return Ok(None);
        }
        let again = || run_again(&self.name);
        let text = regular::read(&path, MOST).hint_read(again())?;
        let lock = serde_json::from_slice(&text).with_context(|| format!("{} is damaged", path.display()));
        lock.map(Some).hint(again())
    }

    /// Calls `read`, which reads several files of the folder, and repeats the call when a run replaced the outputs in between. The files
    /// therefore belong to one run. The function takes no lock, so it also works in a folder that this user cannot write.
    pub fn read_together<T>(&self, read: impl Fn() -> Result<T>) -> Result<T> {
        let version = || regular::read(&self.path.join(Lock::FILE), MOST).ok();
        loop {
            let before = version();
            let found = read();
            if version() == before {
                return found;
            }
        }
    }

    /// Reads the part of the configuration that the finished stage was run with, as TOML.
    pub fn configuration(&self) -> Result<String> {
        regular::text(&self.path.join(CONFIG), MOST).hint_read(run_again(&self.name))
    }

    /// Returns the manifest whose hash `lock` records.
    ///
    /// # Errors
    /// Returns an error when the manifest is missing, damaged or altered.
    fn manifest(&self, lock: &Lock) -> Result<Manifest> {
        let path = self.path.join(Manifest::FILE);
        let text = regular::text(&path, MOST)?;
        if blake3::hash(text.as_bytes()).to_hex().as_str() != lock.manifest {
            return Err(anyhow!("{} was altered", path.display()));
        }
        Manifest::from_csv(&text, &path)
    }

    /// Returns whether the outputs on disk belong to `key`.
    pub(crate) fn state(&self, key: &Key) -> State {
        let lock = match self.whole_lock() {
            Ok(lock) => lock,
            Err(error) => return State::Stale(vec![error.to_string()]),
        };
        let Some(lock) = lock else {
            let began = [LOG, UNFINISHED_LOG].iter().any(|log| self.path.join(log).exists());
            let reason = if began { "the last run did not finish" } else { "first run" };
            return State::Stale(vec![reason.to_owned()]);
        };
        let changes = key.changes_since(&lock.key);
        if !changes.is_empty() {
            return State::Stale(changes);
        }
        match self.manifest(&lock).map(|manifest| manifest.first_fault(&self.path)) {
            Ok(None) => State::UpToDate,
            Ok(Some(fault)) => State::Stale(vec![fault.to_string()]),
            Err(error) => State::Stale(vec![error.to_string()]),
        }
    }

    /// Returns the hash of the manifest. It represents this stage's outputs in the cache key of a stage that reads them.
    ///
    /// # Errors
    /// Returns an error when the stage has not finished, or when an output has changed since.
    pub(crate) fn outputs_hash(&self) -> Result<String> {
        let again = || format!("run `just {}` first", self.name);
        let lock = self
            .whole_lock()
            .hint_read(again())?
            .ok_or_else(|| anyhow!("{} has not finished: {} has no {}", self.name, self.path.display(), Lock::FILE))
            .hint(again())?;
        let fault = self.manifest(&lock).hint_read(again())?.first_fault(&self.path);
        match fault {
            None => Ok(lock.manifest),
            Some(Fault::Unreadable(error)) => Err(error).hint_read(again()),
            Some(fault) => Err(anyhow!("{fault} since {} wrote it", self.name)).hint(again()),
        }
    }

    /// Returns a line for each key of `config`, and for each input from another stage, that has changed since the `stages`, and the stages
    /// that they read, last ran. A stage that has not finished contributes nothing.
    pub(crate) fn outdated<R: Root>(config: &R, stages: &[&str]) -> Vec<String> {
        let mut lines = Vec::new();
        // Two stages can read the same third stage, and the lock of a stage can be damaged so that it names itself.
        let mut seen = BTreeSet::new();
        for name in stages {
            Self::add_outdated(config, name, &mut seen, &mut lines);
        }
        lines
    }

    /// Adds the lines of `name` and of the stages that it read to `lines`, unless `seen` has the stage.
    fn add_outdated<R: Root>(config: &R, name: &str, seen: &mut BTreeSet<String>, lines: &mut Vec<String>) {
        if !seen.insert(name.to_owned()) {
            return;
        }
        let Some(lock) = Self::new(&config.environment().artifacts, name).lock() else { return };
        if lock.stage != name {
            return;
        }
        for above in lock.key.upstream.keys() {
            Self::add_outdated(config, above, seen, lines);
        }
        for (above, was) in &lock.key.upstream {
            let now = Self::new(&config.environment().artifacts, above).outputs_hash();
            if now.is_ok_and(|now| now != *was) {
                lines.push(format!("{name} ran on other outputs of {above} than those that are there now"));
            }
        }
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
}

#[cfg(test)]
mod tests;
