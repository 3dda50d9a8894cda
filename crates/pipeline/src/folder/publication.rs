//! The new outputs of a stage replace the old ones, and the next run repairs what a killed run left behind.
//!
//! 1. Outputs for the folders of other stages move there.
//! 2. The log joins the new outputs.
//! 3. The new folder and the old folder exchange their names. A reader sees the old outputs or the new ones, never none and
//!    never a mixture. A file system without this operation gets two renames, with `.<stage>.old` in between.
//! 4. The caches move from the old folder into the new one. Nothing is copied.
//! 5. The old outputs and the checkpoints of the finished run are removed.
//!
//! A run can be killed between any two steps. [`StageFolder::recover`] then restores the outputs of the last run, or completes
//! steps 4 and 5.

use std::path::Path;

use anyhow::Result;

use super::{ELSEWHERE, LOG, Lock, StageFolder, swap};
use crate::manifest::locate;
use crate::{HintExt, files, remove, write_atomic};

/// A step of a publication.
type Step = fn(&StageFolder, &Publication) -> Result<()>;

/// The settings of one publication.
struct Publication<'a> {
    caches: &'a [&'a str],
    /// Whether two folders can exchange their names.
    exchange: bool,
}

/// The steps in their order.
const STEPS: [Step; 6] = [
    |stage, _| stage.move_elsewhere(),
    |stage, _| stage.move_log(),
    |stage, how| stage.set_old_aside(how.exchange),
    |stage, _| stage.move_new_in(),
    |stage, how| stage.keep_caches(how.caches),
    |stage, _| {
        // The new outputs are in place. The next run removes what cannot be removed now.
        stage.remove_old().or_else(|error| {
            tracing::warn!("{error:#}");
            Ok(())
        })
    },
];

impl StageFolder {
    /// Replaces the outputs of the last run by the finished outputs in [`StageFolder::partial`].
    pub(super) fn publish(&self, caches: &[&str]) -> Result<()> {
        let how = Publication { caches, exchange: true };
        STEPS.iter().try_for_each(|step| step(self, &how))
    }

    /// Repairs what a killed run of this stage left behind. `caches` names the sub-folders that stay.
    ///
    /// # Errors
    /// Returns an error and changes nothing when a folder is not the stage's own.
    pub(crate) fn recover(&self, caches: &[&str]) -> Result<()> {
        self.restore()?;
        self.check_owner()?;
        self.keep_caches(caches)?;
        self.remove_old()
    }

    /// Gives the old outputs their name back, after a run was killed between two renames.
    pub(crate) fn restore(&self) -> Result<()> {
        if !self.path.exists() && self.old().exists() {
            self.check_folder(&self.old())?;
            fs_err::rename(self.old(), self.real()).hint_write()?;
            self.sync_names()?;
        }
        Ok(())
    }

    fn move_elsewhere(&self) -> Result<()> {
        let partial = self.partial();
        for (stage, file) in self.elsewhere {
            let target = locate(&self.path, &format!("../{stage}/{file}"));
            // Not a rename: the other folder can be a link into another file system.
            write_atomic(&target, &fs_err::read(Self::elsewhere(&partial, stage, file))?)?;
            files::sync(&target)?;
        }
        remove(&partial.join(ELSEWHERE))
    }

    fn move_log(&self) -> Result<()> {
        let log = self.unfinished_log();
        if log.exists() {
            fs_err::rename(log, self.partial().join(LOG)).hint_write()?;
        }
        Ok(())
    }

    /// Exchanges the names of the old and the new folder, or renames the old one.
    fn set_old_aside(&self, exchange: bool) -> Result<()> {
        if !(exchange && swap::exchange(&self.partial(), &self.real()).hint_write()?) {
            fs_err::rename(self.real(), self.old()).hint_write()?;
        }
        self.sync_names()
    }

    /// Renames the new folder, unless the names were exchanged.
    fn move_new_in(&self) -> Result<()> {
        if !self.path.exists() {
            fs_err::rename(self.partial(), self.real()).hint_write()?;
        }
        self.sync_names()
    }

    /// Moves the caches out of the folders that [`StageFolder::remove_old`] removes.
    fn keep_caches(&self, caches: &[&str]) -> Result<()> {
        for left in [self.old(), self.partial()] {
            for (from, to) in caches.iter().map(|name| (left.join(name), self.path.join(name))) {
                if self.path.exists() && from.exists() && !to.exists() {
                    fs_err::rename(from, to).hint_write()?;
                }
            }
        }
        if self.path.exists() { files::sync(&self.path) } else { Ok(()) }
    }

    fn remove_old(&self) -> Result<()> {
        for left in [self.old(), self.partial()] {
            // The lock goes first, so that half of the old outputs never look complete.
            remove(&left.join(Lock::FILE))?;
            if left.exists() {
                Self::remove_folder(&left)?;
            }
        }
        Ok(())
    }

    /// Syncs the folder that holds the names of the stage's folders.
    fn sync_names(&self) -> Result<()> {
        let real = self.real();
        match real.parent() {
            Some(above) if !above.as_os_str().is_empty() => files::sync(above),
            _ => files::sync(Path::new(".")),
        }
    }
}

#[cfg(test)]
mod tests;
