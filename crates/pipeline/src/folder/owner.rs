//! Which folders a stage may change: only those that a stage of its name created.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, anyhow};

use super::{MOST, StageFolder};
use crate::{HintExt, regular, remove};

/// Says that a stage created the folder and may replace it. Its content is the name of the stage.
pub(super) const MARKER: &str = ".tunescope-stage";

impl StageFolder {
    /// Rejects a folder that no stage of this name created, so that a run never deletes the user's own files.
    ///
    /// A folder belongs to the stage when it does not exist yet, is empty, or holds the marker or the lock of the stage.
    /// The folders that a run uses beside the stage's folder have to belong to the stage too.
    pub(crate) fn check_owner(&self) -> Result<()> {
        self.check_folder(&self.path)?;
        for beside in [self.partial(), self.old()] {
            if beside.is_symlink() {
                return Err(anyhow!("{} is a link, and the stage {} needs that name", beside.display(), self.name))
                    .hint("remove the link");
            }
            self.check_folder(&beside)?;
        }
        Ok(())
    }

    /// Creates the folder with its marker, unless it exists. Another stage calls it before it writes to a cache of this stage.
    ///
    /// # Errors
    /// Returns an error and changes nothing when the folder is not the stage's own.
    pub fn claim(&self) -> Result<()> {
        self.check_folder(&self.path)?;
        self.mark(&self.path)
    }

    /// Creates `folder` with the marker of the stage. A folder that exists has to belong to the stage.
    pub(super) fn mark(&self, folder: &Path) -> Result<()> {
        fs_err::create_dir_all(folder).hint_write()?;
        let path = folder.join(MARKER);
        if regular::text(&path, MOST).is_ok_and(|text| text.trim() == self.name) {
            return Ok(());
        }
        if path.symlink_metadata().is_ok_and(|found| !found.is_file()) {
            // Writing would follow a link to a file of the user, and would wait for the reader of a pipe.
            remove(&path)?;
        }
        // The marker is written in place. A temporary file that a killed run leaves behind would look like a file of the user.
        fs_err::File::create(path).and_then(|mut file| writeln!(file, "{}", self.name)).hint_write()
    }

    /// Removes a folder that belongs to the stage. The marker goes last, so a run that is killed here leaves a folder that still
    /// belongs to the stage.
    pub(super) fn remove_folder(folder: &Path) -> Result<()> {
        for entry in fs_err::read_dir(folder).hint_write()? {
            let entry = entry.hint_write()?;
            if entry.file_name() != MARKER {
                remove(&entry.path())?;
            }
        }
        fs_err::remove_dir_all(folder).hint_write()
    }

    pub(super) fn check_folder(&self, folder: &Path) -> Result<()> {
        let choose = "move its content elsewhere, or choose another folder with --set artifacts=FOLDER";
        if !folder.exists() {
            // A link without a target is an error, unless a killed run left the target under the name of the old folder.
            if folder.is_symlink() && !self.old().exists() {
                return Err(anyhow!("{} is a link to a folder that does not exist", folder.display()))
                    .hint("remove the link, or create the folder that it names");
            }
            return Ok(());
        }
        if !folder.is_dir() {
            return Err(anyhow!("{} is a file, and the stage {} needs a folder there", folder.display(), self.name))
                .hint(choose);
        }
        let text = regular::text(&folder.join(MARKER), MOST);
        let marked = text.as_ref().is_ok_and(|text| text.trim() == self.name);
        let locked =
            || Self { path: folder.to_owned(), ..self.clone() }.lock().is_some_and(|lock| lock.stage == self.name);
        // A run that was killed while it wrote the marker leaves an empty one.
        let begun = text.as_ref().is_ok_and(String::is_empty);
        let empty = || {
            std::fs::read_dir(folder).is_ok_and(|mut entries| {
                entries.all(|entry| entry.is_ok_and(|entry| begun && entry.file_name() == MARKER))
            })
        };
        if marked || locked() || empty() {
            return Self::check_links(folder);
        }
        Err(anyhow!("{} was not created by the stage {} and is not empty", folder.display(), self.name))
            .context("the stage replaces its folder when it runs")
            .hint(choose)
    }

    /// Rejects a link to a folder in the stage's folder. A stage removes old files from its caches, so it would remove the files behind
    /// the link.
    fn check_links(folder: &Path) -> Result<()> {
        for entry in std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
            let path = entry.path();
            if path.is_symlink() && path.is_dir() {
                return Err(anyhow!(
                    "{} is a link to a folder, and the stage needs a folder of its own",
                    path.display()
                ))
                .hint("remove the link; to keep the outputs on another disk, set `artifacts`");
            }
        }
        Ok(())
    }
}
