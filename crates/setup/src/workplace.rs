//! The folder `.setup` in the data folder: partial downloads, and files that are not finished.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use pipeline::HintExt;

use crate::place::check_folder;
use crate::storage::{self, PathKind};

const FOLDER: &str = ".setup";
/// The file that marks the folder as one of `setup`.
const MARKER: &str = "created-by-setup";
const DOWNLOADS: &str = "downloads";
const SCRATCH: &str = "scratch";

/// The folder for the work of one process, which holds the lock of the data folder.
#[derive(Debug)]
pub struct Workplace {
    folder: PathBuf,
}

impl Workplace {
    /// Creates the folder, or takes over the one of a killed process.
    ///
    /// # Errors
    /// Returns an error when something that `setup` did not create is at its path.
    pub fn open(data: &Path) -> Result<Self> {
        let folder = data.join(FOLDER);
        check_folder(&folder)?;
        let ours = || PathKind::of(&folder) == PathKind::Folder && PathKind::of(&folder.join(MARKER)) == PathKind::File;
        let empty = || fs_err::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_none());
        if PathKind::of(&folder) != PathKind::Nothing && !ours() && !empty() {
            return Err(anyhow!("{} was not created by `setup`", folder.display()))
                .hint("move it away, or choose another folder with --data FOLDER");
        }
        let workplace = Self { folder };
        storage::create_folder(&workplace.folder)?;
        storage::write(&workplace.folder.join(MARKER), b"")?;
        storage::create_folder(&workplace.downloads())?;
        workplace.clear()?;
        Ok(workplace)
    }

    /// Returns the folder of downloads. A later run continues what it contains.
    pub fn downloads(&self) -> PathBuf {
        self.folder.join(DOWNLOADS)
    }

    /// Returns the folder for unfinished files.
    pub fn scratch(&self) -> PathBuf {
        self.folder.join(SCRATCH)
    }

    /// Empties the folder for unfinished files.
    pub fn clear(&self) -> Result<()> {
        // What cannot be removed stays. The next line fails only when the path is not a folder.
        fs_err::remove_dir_all(self.scratch()).ok();
        storage::create_folder(&self.scratch())
    }

    /// Removes the folder.
    pub fn remove(self) {
        // A folder that cannot be removed does no harm.
        fs_err::remove_dir_all(self.folder).ok();
    }
}
