//! The outputs of a run in progress. They are built in a folder of their own, so the outputs of the last run stay as they are
//! until the new ones are complete.
//!
//! ```text
//! artifacts/<stage>/             outputs of the last finished run, caches, checkpoints, log.unfinished.jsonl
//! artifacts/.<stage>.partial/    outputs of the run in progress
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};

use super::{CONFIG, CONTRACT, Lock, StageFolder, swap};
use crate::{HintExt, Key, Manifest, files, write_atomic};

/// The outputs of a run in progress. A value that is dropped before [`Building::publish`] removes them.
#[derive(Debug)]
pub(crate) struct Building {
    folder: StageFolder,
    path: PathBuf,
    /// Whether the folder holds nothing but new outputs, so that it can be removed.
    is_ours: bool,
}

impl StageFolder {
    /// Creates the folders of a run. The outputs of the last run stay as they are. `kept` names the caches and checkpoints.
    ///
    /// # Errors
    /// Returns an error and changes nothing when a folder is not the stage's own, or cannot be replaced.
    pub(crate) fn begin(&self, kept: &[&str]) -> Result<Building> {
        self.check_owner()?;
        if swap::is_mount_point(&self.real()) {
            return Err(anyhow!(
                "{} is a mount point, and a stage replaces its folder when it runs",
                self.path.display()
            ))
            .hint("mount the folder above it, or choose another folder with --set artifacts=FOLDER");
        }
        self.mark(&self.path)?;
        for path in kept.iter().map(|name| self.path.join(name)).filter(|path| path.exists() && !path.is_dir()) {
            tracing::warn!("{} is a file where the stage keeps a folder; it is removed", path.display());
            fs_err::remove_file(path)?;
        }
        let partial = self.partial();
        if partial.exists() {
            StageFolder::remove_folder(&partial)?;
        }
        let building = Building { folder: self.clone(), path: partial, is_ours: true };
        self.mark(&building.path)?;
        Ok(building)
    }
}

impl Building {
    /// Returns the folder that takes the outputs.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Hashes the outputs, writes the manifest and the resolved configuration, then the lock. Syncs everything.
    ///
    /// # Errors
    /// Returns an error when a file cannot be read or written, or when an output has the name of a folder in `kept`.
    pub(crate) fn finish(
        &self,
        key: &Key,
        kept: &[&str],
        resolved: &str,
        recorded: BTreeMap<String, String>,
    ) -> Result<()> {
        if let Some(name) = kept.iter().find(|name| self.path.join(name).exists()) {
            bail!("the stage {} wrote an output into `{name}`, which is a cache", self.folder.name);
        }
        let mut manifest = Manifest::of(&self.path, &CONTRACT, true)?;
        for (stage, file) in self.folder.elsewhere {
            manifest.add(&StageFolder::elsewhere(&self.path, stage, file), format!("../{stage}/{file}"))?;
        }
        let manifest = manifest.to_csv()?;
        write_atomic(self.path.join(CONFIG), resolved.as_bytes())?;
        write_atomic(self.path.join(Manifest::FILE), manifest.as_bytes())?;
        files::sync(&self.path.join(CONFIG))?;
        files::sync(&self.path.join(Manifest::FILE))?;
        let lock = Lock {
            stage: self.folder.name.clone(),
            key_hash: key.hash(),
            key: key.clone(),
            manifest: blake3::hash(manifest.as_bytes()).to_hex().to_string(),
            recorded,
        };
        let text = serde_json::to_string_pretty(&lock).context("cannot write the lock")? + "\n";
        write_atomic(self.path.join(Lock::FILE), text.as_bytes())?;
        files::sync(&self.path.join(Lock::FILE))?;
        files::sync_folders(&self.path)
    }

    /// Replaces the outputs of the last run. `caches` names the sub-folders that stay.
    ///
    /// # Errors
    /// Returns an error when the file system refuses. The outputs are then those of the last run, or those of this run.
    pub(crate) fn publish(mut self, caches: &[&str]) -> Result<()> {
        // After the first step, the folder can hold the old outputs and the caches.
        self.is_ours = false;
        self.folder.publish(caches)
    }
}

impl Drop for Building {
    fn drop(&mut self) {
        if self.is_ours {
            // The next run removes what cannot be removed now.
            StageFolder::remove_folder(&self.path).ok();
        }
    }
}
